//! Packing with the browser's own compressor, for zip files.

use super::gunzip::{GunzipError, through};

/// `bytes`, deflated without any frame; `None` where the browser has no compressor.
pub async fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    through("CompressionStream", "deflate-raw", bytes, usize::MAX).await.map_err(drop::<GunzipError>).ok()
}
