//! Mutations that know JSON: most decoders look at nothing that is none.

use serde_json::{Map, Value, json};

/// Changes the input: one of its lines as JSON where it is some, else its bytes.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut chance = Chance(u64::from(seed) | 1 << 40);
    let mutated = if chance.below(4) == 0 { None } else { json(&data[..size], &mut chance) };
    match mutated.filter(|it| it.len() <= max_size) {
        Some(mutated) => {
            data[..mutated.len()].copy_from_slice(&mutated);
            mutated.len()
        }
        None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}

fn json(data: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let line = chance.below(lines.len());
    // Seeds may be written over several lines.
    let whole = serde_json::from_slice(data).ok();
    let mut value: Value = whole.clone().or_else(|| serde_json::from_slice(lines[line]).ok())?;
    for _ in 0..=chance.below(3) {
        let donor = value.clone();
        let places = count(&value);
        change(&mut value, &mut chance.below(places), &donor, chance);
    }
    let text = value.to_string().into_bytes();
    if whole.is_some() {
        return Some(text);
    }
    lines[line] = &text;
    Some(lines.join(&b'\n'))
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0_usize,
    }
}

/// Changes the value that is `at` values further on.
fn change(value: &mut Value, at: &mut usize, donor: &Value, chance: &mut Chance) -> bool {
    if *at == 0 {
        *value = changed(value, donor, chance);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|it| change(it, at, donor, chance)),
        Value::Object(fields) => fields.values_mut().any(|it| change(it, at, donor, chance)),
        _ => false,
    }
}

fn changed(value: &Value, donor: &Value, chance: &mut Chance) -> Value {
    match (chance.below(8), value) {
        // Another part of the same document, or a part around it.
        (0, _) => nth(donor, &mut chance.below(count(donor))).cloned().unwrap_or_default(),
        (1, Value::Array(items)) if !items.is_empty() => {
            let mut items = items.clone();
            let item = items[chance.below(items.len())].clone();
            items.insert(chance.below(items.len() + 1), item);
            Value::Array(items)
        }
        (2, Value::Array(items)) if !items.is_empty() => {
            let mut items = items.clone();
            items.remove(chance.below(items.len()));
            Value::Array(items)
        }
        (1 | 2, Value::Object(fields)) if !fields.is_empty() => {
            let mut fields = fields.clone();
            let key = nth_key(&fields, chance);
            fields.remove(&key);
            Value::Object(fields)
        }
        (3 | 4, Value::Object(fields)) if !fields.is_empty() => {
            // The value of one key under another that the document has.
            let mut fields = fields.clone();
            let value = fields[&nth_key(&fields, chance)].clone();
            fields.insert(any_key(donor, chance), value);
            Value::Object(fields)
        }
        (3, other) => json!([other, other]),
        (4, other) => json!({any_key(donor, chance): other}),
        (5, Value::String(text)) => {
            let mut chars: Vec<char> = text.chars().collect();
            let at = chance.below(chars.len() + 1);
            if chance.below(2) == 0 && at < chars.len() {
                chars.remove(at);
            } else {
                chars.insert(at, CHARS[chance.below(CHARS.len())]);
            }
            Value::String(chars.into_iter().collect())
        }
        _ => odd(chance),
    }
}

const CHARS: [char; 20] = [
    '0', '9', '-', '.', 'e', '/', '~', '"', '\\', '\n', ' ', ':', '=', '[', ']', '\0', '\u{1b}', 'é', '🍎',
    '\u{202e}',
];

/// Values that are at the edge of something.
fn odd(chance: &mut Chance) -> Value {
    let texts = [
        "",
        " ",
        "0",
        "true",
        "null",
        "-1",
        "9999999999999999999999",
        "1e400",
        "500m",
        "1Ei",
        "2026-03-01T12:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "v1.2.3-rc.1+x",
        "IfNotPresent",
        "100%",
        "*/5 * * * *",
        "#",
        "/",
        "a@b",
        "é",
        "…\u{200f}",
        "x-kubernetes-int-or-string",
        "javascript:alert(1)",
        "eyJhbGciOi.e30.c2ln",
    ];
    match chance.below(14) {
        0 => Value::Null,
        1 => true.into(),
        2 => false.into(),
        3 => 0.into(),
        4 => (-1).into(),
        5 => i64::MAX.into(),
        6 => i64::MIN.into(),
        7 => u64::MAX.into(),
        8 => 1e308.into(),
        9 => (chance.next() as u32).into(),
        10 => json!([]),
        11 => json!({}),
        12 => "x".repeat(1 << chance.below(10)).into(),
        _ => texts[chance.below(texts.len())].into(),
    }
}

fn nth<'a>(value: &'a Value, at: &mut usize) -> Option<&'a Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter().find_map(|it| nth(it, at)),
        Value::Object(fields) => fields.values().find_map(|it| nth(it, at)),
        _ => None,
    }
}

fn nth_key(fields: &Map<String, Value>, chance: &mut Chance) -> String {
    fields.keys().nth(chance.below(fields.len())).cloned().unwrap_or_default()
}

fn any_key(donor: &Value, chance: &mut Chance) -> String {
    for _ in 0..8 {
        if let Some(Value::Object(fields)) = nth(donor, &mut chance.below(count(donor)))
            && !fields.is_empty()
        {
            return nth_key(fields, chance);
        }
    }
    String::from("a")
}

/// Numbers that follow from the seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}
