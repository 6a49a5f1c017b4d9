//! Logs of pods, workloads and the operator.

use crate::ui::View;

pub fn logs() -> View {
    View::from(())
}
