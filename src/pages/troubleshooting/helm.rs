//! Both Helm releases with all their revisions.

use crate::ui::View;

pub fn helm() -> View {
    View::from(())
}
