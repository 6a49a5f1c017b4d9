//! The support bundle.

use crate::ui::View;

pub fn bundle() -> View {
    View::from(())
}
