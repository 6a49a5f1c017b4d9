//! Pods by workload.

use crate::ui::View;

pub fn pods() -> View {
    View::from(())
}
