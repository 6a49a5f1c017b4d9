//! Users.

use crate::ui::{View, heading};

pub fn users() -> View {
    heading("Users").into()
}
