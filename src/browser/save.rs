//! Saving what arrives piece by piece: straight to a file that the user chooses, where the browser has the File System
//! Access API, else as a download once all of it is there.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::{download, object};

/// Bytes that are handed to the browser together: it keeps large blobs on disk, which the page's memory is not.
const PIECE: usize = 4 << 20;

/// The largest file that is summed up: the browser's digest takes all of it at once.
const SUMMED: f64 = (1_u32 << 30) as f64;

/// A file that is being written.
pub struct Saving {
    name: String,
    place: Place,
    waiting: Vec<u8>,
    bytes: u64,
}

enum Place {
    /// A file that the user chose, and its writable end.
    File {
        handle: JsValue,
        writable: JsValue,
    },
    Memory(Array),
}

impl Saving {
    /// Asks the user where to, if the browser can; `None` where the user would rather not. Call it from a press of a
    /// button, or the browser refuses.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn begin(name: &str) -> Result<Option<Self>, String> {
        let place = match object::method(&js_sys::global(), "showSaveFilePicker") {
            None => Place::Memory(Array::new()),
            Some(_) => {
                let options = object::of(&[("suggestedName", name)]);
                let handle = match promised(&js_sys::global(), "showSaveFilePicker", &options).await {
                    Ok(handle) => handle,
                    Err(error) if object::text(&error, "name").as_deref() == Some("AbortError") => {
                        return Ok(None);
                    }
                    Err(error) => return Err(words(error)),
                };
                let writable =
                    promised(&handle, "createWritable", &JsValue::UNDEFINED).await.map_err(words)?;
                Place::File { handle, writable }
            }
        };
        let name = match &place {
            Place::File { handle, .. } => object::text(handle, "name").unwrap_or_default(),
            Place::Memory(_) => name.to_owned(),
        };
        Ok(Some(Self { name, place, waiting: Vec::new(), bytes: 0 }))
    }

    /// The file's name; the user may have chosen another one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// The browser's words, such as that the disk is full.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), String> {
        self.bytes += piece.len() as u64;
        self.waiting.extend_from_slice(piece);
        if self.waiting.len() >= PIECE { self.hand_over().await } else { Ok(()) }
    }

    async fn hand_over(&mut self) -> Result<(), String> {
        let piece = Uint8Array::from(std::mem::take(&mut self.waiting).as_slice());
        match &self.place {
            Place::File { writable, .. } => {
                promised(writable, "write", &piece).await.map(drop).map_err(words)
            }
            Place::Memory(pieces) => {
                pieces.push(blob(&Array::of1(&piece))?.as_ref());
                Ok(())
            }
        }
    }

    /// Closes the file and reads it back: its checksum (SHA-256 in hex) where the browser can make one.
    ///
    /// # Errors
    /// The browser's words, or that the file is not as long as what was written.
    pub async fn finish(mut self) -> Result<Option<String>, String> {
        self.hand_over().await?;
        let file: Blob = match &self.place {
            Place::File { handle, writable } => {
                promised(writable, "close", &JsValue::UNDEFINED).await.map_err(words)?;
                promised(handle, "getFile", &JsValue::UNDEFINED).await.map_err(words)?.unchecked_into()
            }
            Place::Memory(pieces) => blob(pieces)?,
        };
        if file.size() != self.bytes as f64 {
            return Err(format!("{} bytes were written and {} are in the file", self.bytes, file.size()));
        }
        if matches!(self.place, Place::Memory(_)) {
            download::save_blob(&self.name, &file);
        }
        Ok(sum(&file).await)
    }

    /// Gives it up: nothing of it is kept.
    pub async fn abort(self) {
        if let Place::File { handle, writable } = &self.place {
            // The file was made empty when it was chosen.
            let _ = promised(writable, "abort", &JsValue::UNDEFINED).await;
            let _ = promised(handle, "remove", &JsValue::UNDEFINED).await;
        }
    }
}

/// `None` in a page that is not served over HTTPS or from this machine, and for very large files.
async fn sum(file: &Blob) -> Option<String> {
    if file.size() > SUMMED {
        return None;
    }
    let crypto = super::window().crypto().ok()?;
    let subtle = Reflect::get(crypto.as_ref(), &"subtle".into()).ok()?;
    let digest = object::method(&subtle, "digest")?;
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    let promise: Promise = digest.call2(&subtle, &"SHA-256".into(), &buffer).ok()?.dyn_into().ok()?;
    let bytes = Uint8Array::new(&JsFuture::from(promise).await.ok()?).to_vec();
    Some(bytes.iter().map(|it| format!("{it:02x}")).collect())
}

fn blob(pieces: &Array) -> Result<Blob, String> {
    Blob::new_with_blob_sequence(pieces).map_err(words)
}

/// By name: web-sys has this API only behind its flag for unstable ones.
async fn promised(object: &JsValue, name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let function = object::method(object, name).ok_or_else(|| format!("this browser has no {name}"))?;
    let promise: Promise = function.call1(object, argument)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn words(error: JsValue) -> String {
    error.as_string().or_else(|| object::text(&error, "message")).unwrap_or_default()
}
