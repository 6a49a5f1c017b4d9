//! Troubleshooting.

use crate::ui::{View, heading};

pub fn troubleshooting() -> View {
    heading("Troubleshooting").into()
}
