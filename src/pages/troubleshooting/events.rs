//! Events: grouped, filtered, live.

use crate::ui::View;

pub fn events() -> View {
    View::from(())
}
