//! Controls that know neither Kubernetes nor routes nor the pages that use them.

pub mod bar;
pub mod button;
pub mod changes;
pub mod command;
pub mod dialog;
pub mod icon;
pub mod link;
pub mod notice;
pub mod part;
pub mod table;
pub mod time;
pub mod toast;

pub use bar::{Bar, Segment};
pub use button::{Button, Kind, Press};
pub use changes::Changes;
pub use command::Command;
pub use dialog::Dialog;
pub use icon::{Glyph, Icon, Mark};
pub use link::OutLink;
pub use notice::Notice;
pub use part::part;
pub use table::{Skeleton, Table};
pub use time::Ago;
pub use toast::{ToastRegion, Toasts};

pub use rootcause_domain::phase::Tone;
