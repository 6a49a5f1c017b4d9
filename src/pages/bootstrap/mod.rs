//! Bootstrap.

use crate::ui::{View, heading};

pub fn bootstrap() -> View {
    heading("Bootstrap").into()
}
