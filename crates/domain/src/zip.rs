//! Writing zip files (PKWARE's APPNOTE, as far as every unpacker reads it). Deflating is the browser's business.

use crate::time::Timestamp;

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, with slashes.
    pub path: String,
    /// Of what it unpacks to.
    pub crc: u32,
    /// Bytes that it unpacks to.
    pub size: u32,
    /// As it is stored.
    pub data: Vec<u8>,
    /// Whether `data` is deflated.
    pub deflated: bool,
}

impl Entry {
    /// A file stored as it is.
    pub fn stored(path: &str, data: Vec<u8>) -> Self {
        Self { path: path.to_owned(), crc: crc(&data), size: data.len() as u32, data, deflated: false }
    }

    /// The same file, deflated. Where that makes it no smaller it stays as it is.
    #[must_use]
    pub fn with_deflated(self, deflated: Vec<u8>) -> Self {
        if deflated.len() < self.data.len() { Self { data: deflated, deflated: true, ..self } } else { self }
    }
}

/// The CRC-32 of ISO 3309, as zip and gzip have it.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut table = [0_u32; 256];
    for (index, slot) in table.iter_mut().enumerate() {
        *slot =
            (0..8).fold(index as u32, |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ crc >> 1 } else { crc >> 1 });
    }
    !bytes.iter().fold(!0, |crc, byte| table[usize::from(crc as u8 ^ byte)] ^ crc >> 8)
}

/// The archive of `entries`, all of them of the time `now` (UTC; zip itself knows no time zones).
pub fn zip(entries: &[Entry], now: Timestamp) -> Vec<u8> {
    let (time, date) = dos(now);
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        // What the entry's own head and the directory say alike: version, flags (UTF-8 names), method, time, sizes.
        let mut head = Vec::new();
        for number in [20, 1 << 11, if entry.deflated { 8 } else { 0 }, time, date] {
            head.extend(u16::to_le_bytes(number));
        }
        for number in [entry.crc, entry.data.len() as u32, entry.size] {
            head.extend(number.to_le_bytes());
        }
        head.extend((entry.path.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend(entry.path.as_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&head);
        archive.extend(entry.path.as_bytes());
        archive.extend(&entry.data);
    }
    let (start, count) = (archive.len() as u32, (entries.len() as u16).to_le_bytes());
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

/// MS-DOS's time and date, in steps of two seconds, since 1980.
fn dos(now: Timestamp) -> (u16, u16) {
    let text = now.to_string();
    let number =
        |at: usize, digits: usize| text.get(at..at + digits).and_then(|it| it.parse().ok()).unwrap_or(0_u16);
    let date = number(0, 4).saturating_sub(1980) << 9 | number(5, 2) << 5 | number(8, 2);
    (number(11, 2) << 11 | number(14, 2) << 5 | (number(17, 2) / 2), date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!((crc(b"123456789"), crc(b"")), (0xcbf4_3926, 0));
    }

    #[test]
    fn an_archive_is_laid_out_as_the_format_says() {
        let entries = [
            Entry::stored("a.txt", b"hello".to_vec()),
            Entry::stored("b/ü.txt", b"xxxxxxxx".to_vec()).with_deflated(vec![1, 2]),
            Entry::stored("c", Vec::new()).with_deflated(vec![3, 0]),
        ];
        assert_eq!(entries.iter().map(|it| it.deflated).collect::<Vec<_>>(), [false, true, false]);
        let archive = zip(&entries, "2026-11-23T01:02:04Z".parse().unwrap());
        let number = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
        let short = |at: usize| u16::from_le_bytes(archive[at..at + 2].try_into().unwrap()) as usize;
        // From the end record through the directory to each entry, as an unpacker goes.
        let end = archive.len() - 22;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        assert_eq!((short(end + 10), number(end + 12) + number(end + 16)), (3, end));
        let mut at = number(end + 16);
        for entry in &entries {
            assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
            assert_eq!((short(at + 12), short(at + 14)), (1 << 11 | 2 << 5 | 2, 46 << 9 | 11 << 5 | 23));
            let (size, name) = (number(at + 20), short(at + 28));
            assert_eq!(&archive[at + 46..at + 46 + name], entry.path.as_bytes());
            let local = number(at + 42);
            assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
            assert_eq!(archive[local + 4..local + 30], archive[at + 6..at + 32], "both heads say the same");
            assert_eq!(&archive[local + 30 + name..local + 30 + name + size], entry.data.as_slice());
            at += 46 + name;
        }
        assert_eq!(at, end);
    }
}
