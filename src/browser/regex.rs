//! Regular expressions, by the browser's own engine.

use std::cell::RefCell;

use js_sys::RegExp;

thread_local! {
    /// Patterns and what came of reading them: compiling one costs more than a match.
    static KNOWN: RefCell<Vec<(String, Option<RegExp>)>> = const { RefCell::new(Vec::new()) };
}

/// Whether `text` matches `pattern`, written for Go's engine as in Kubernetes, anywhere; `None` where this engine cannot
/// read it as that one does.
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, regex)) = known.iter().find(|(one, _)| one == pattern) {
            return Some(regex.as_ref()?.test(text));
        }
        let regex = compile(pattern);
        let matched = regex.as_ref().map(|it| it.test(text));
        known.push((pattern.to_owned(), regex));
        matched
    })
}

fn compile(pattern: &str) -> Option<RegExp> {
    // Go's own spellings, which mean something else here or nothing.
    let foreign = ["[[:", "\\p", "\\P", "\\C", "\\Q", "\\pN", "(?m", "(?s", "(?U"];
    if foreign.iter().any(|it| pattern.contains(it)) {
        return None;
    }
    let (flags, rest) = match pattern.strip_prefix("(?i)") {
        Some(rest) => ("i", rest),
        None => ("", pattern),
    };
    let source = rest.replace("\\A", "^").replace("\\z", "$").replace("(?P<", "(?<");
    // The constructor throws on what it cannot read.
    let source = wasm_bindgen::JsValue::from(source);
    let made = js_sys::Reflect::construct(
        &js_sys::Function::from(js_sys::Reflect::get(&js_sys::global(), &"RegExp".into()).ok()?),
        &js_sys::Array::of2(&source, &flags.into()),
    );
    made.ok().map(wasm_bindgen::JsCast::unchecked_into)
}
