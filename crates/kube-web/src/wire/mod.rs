//! Rules of the wire: how bytes become lines, watch events, a command's output and times.

pub mod channels;
pub mod date;
pub mod frames;
pub mod lines;
