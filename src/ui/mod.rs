//! Controls that know neither Kubernetes nor routes nor the pages that use them.

pub mod bar;
pub mod button;
pub mod changes;
pub mod columns;
pub mod command;
pub mod dialog;
pub mod dom;
pub mod editor;
pub mod icon;
pub mod link;
pub mod notice;
pub mod picture;
pub mod rows;
pub mod section;
pub mod table;
pub mod time;
pub mod toast;

pub use bar::{Segment, bar};
pub use button::button;
pub use changes::changes;
pub use columns::{Columns, Heads};
pub use command::{command, copies, copy_button};
pub use dialog::dialog;
pub use dom::{El, View, each, el, is_checked, key_of, part, show, svg, text, value_of};
pub use editor::{Document, Judge, Problem, editor};
pub use icon::{Glyph, icon, mark};
pub use link::{link, out_link};
pub use notice::{alert, notice, p, said};
pub use rows::rows;
pub use section::{heading, hidden, section, soft};
pub use table::{empty, facts, list_table, row_head, skeleton, table, td};
pub use time::{since, time_of_day};
pub use toast::{Toasts, toast_region};

pub use rootcause_domain::phase::Tone;
