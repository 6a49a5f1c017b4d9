//! The operator: version, pods, lease.

use crate::ui::View;

pub fn operator() -> View {
    View::from(())
}
