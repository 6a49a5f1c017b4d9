//! The whole custom resource.

use crate::ui::View;

pub fn installation() -> View {
    View::from(())
}
