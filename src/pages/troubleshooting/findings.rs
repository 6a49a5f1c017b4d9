//! What is wrong, and why.

use crate::ui::View;

pub fn findings() -> View {
    View::from(())
}
