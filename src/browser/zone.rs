//! Time zones, whose rules the browser has (`Intl`).

use js_sys::{Array, Date, Reflect};
use rootcause_domain::{backup::schedule, time::Timestamp};
use wasm_bindgen::{JsCast, JsValue};

use super::object;

/// Seconds by which the clocks of `zone` are ahead of UTC at `at`; `None` for a zone that the browser does not know.
pub fn offset(zone: &str, at: Timestamp) -> Option<i64> {
    if matches!(zone, "Etc/UTC" | "UTC") {
        return Some(0);
    }
    // A language of which the form of an offset is known.
    let formatter = formatter(&"en".into(), &[("timeZone", zone), ("timeZoneName", "longOffset")])?;
    let parts: Array = call(&formatter, "formatToParts", &date(at))?.dyn_into().ok()?;
    let name = parts.iter().find(|it| object::text(it, "type").as_deref() == Some("timeZoneName"))?;
    schedule::offset(&object::text(&name, "value")?)
}

/// `at` on the clocks of `zone`, with the zone's name, in the user's own language.
pub fn on_clocks_of(zone: &str, at: Timestamp) -> Option<String> {
    let options = [
        ("timeZone", zone),
        ("timeZoneName", "short"),
        ("weekday", "short"),
        ("day", "numeric"),
        ("month", "short"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
    ];
    call(&formatter(&JsValue::UNDEFINED, &options)?, "format", &date(at))?.as_string()
}

/// The user's own time zone.
pub fn own() -> Option<String> {
    let formatter = formatter(&JsValue::UNDEFINED, &[])?;
    object::text(&call(&formatter, "resolvedOptions", &JsValue::UNDEFINED)?, "timeZone")
}

/// By name, since js-sys' own constructor throws at a zone that the browser does not know.
fn formatter(language: &JsValue, options: &[(&str, &str)]) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor = object::method(&intl, "DateTimeFormat")?;
    Reflect::construct(&constructor, &Array::of2(language, &object::of(options))).ok()
}

fn date(at: Timestamp) -> JsValue {
    Date::new(&(at.as_millisecond() as f64).into()).into()
}

fn call(on: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    object::method(on, name)?.call1(on, argument).ok()
}
