//! Secrets.

use crate::ui::{View, heading};

pub fn secrets() -> View {
    heading("Secrets").into()
}
