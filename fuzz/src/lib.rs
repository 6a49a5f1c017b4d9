//! What every target does with its input. `fuzz_targets` has one binary for each function here.
//!
//! A target fails by a panic (overflows are panics here), by taking too long or too much memory, or by an assertion of
//! what must hold whatever comes in.

#![forbid(unsafe_code)]

mod cluster;
mod mutate;
mod schema;
mod text;
mod wire;

pub use cluster::{cluster, config, helm};
pub use libfuzzer_sys;
pub use mutate::mutate;
pub use schema::{merge, schema};
pub use text::{certificate, log, quantity, text, token};
pub use wire::{answer, list, watch};

/// The entry points that libFuzzer looks for.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        use $crate::libfuzzer_sys;
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$name(data));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate(data, size, max_size, seed)
        });
    };
}
