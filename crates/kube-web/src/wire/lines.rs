//! Bytes that arrive in any pieces, cut into lines.

/// Cuts a stream of bytes at line feeds, however the pieces fall.
///
/// Lines are bytes: a piece may end in the middle of a UTF-8 character, a line never does unless it was too long.
/// Each byte is looked at once, whatever the length of the line.
#[derive(Debug)]
pub struct LineSplitter {
    partial: Vec<u8>,
    limit: usize,
}

impl LineSplitter {
    /// Lines longer than `limit` bytes are cut into pieces of that length, so that an endless line cannot fill
    /// the memory.
    pub fn new(limit: usize) -> Self {
        Self { partial: Vec::new(), limit: limit.max(1) }
    }

    /// Takes a piece, gives the lines that it completes, without their ends (`\n` or `\r\n`).
    pub fn push(&mut self, mut piece: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            self.extend(&piece[..end], &mut lines);
            let mut line = std::mem::take(&mut self.partial);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            lines.push(line);
            piece = &piece[end + 1..];
        }
        self.extend(piece, &mut lines);
        lines
    }

    /// What came after the last line feed, when the stream has ended.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }

    fn extend(&mut self, mut bytes: &[u8], lines: &mut Vec<Vec<u8>>) {
        while self.partial.len() + bytes.len() > self.limit {
            let (head, tail) = bytes.split_at(self.limit - self.partial.len());
            self.partial.extend_from_slice(head);
            lines.push(std::mem::take(&mut self.partial));
            bytes = tail;
        }
        self.partial.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(pieces: &[&[u8]], limit: usize) -> Vec<String> {
        let mut splitter = LineSplitter::new(limit);
        let mut lines: Vec<Vec<u8>> = pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
        lines.extend(splitter.finish());
        lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn lines_are_whole_wherever_the_pieces_are_cut() {
        let text = "first\nzwölf Äpfel 🍎\r\n\nlast".as_bytes();
        for cut in 0..=text.len() {
            let lines = split(&[&text[..cut], &text[cut..]], 1000);
            assert_eq!(lines, ["first", "zwölf Äpfel 🍎", "", "last"], "cut at {cut}");
        }
    }

    #[test]
    fn a_long_line_is_cut_at_the_limit() {
        assert_eq!(split(&[b"abcdefgh\nxy"], 3), ["abc", "def", "gh", "xy"]);
        assert_eq!(split(&[b"abc\n"], 3), ["abc"]);
    }

    #[test]
    fn a_line_of_a_megabyte_passes_in_small_pieces() {
        let mut splitter = LineSplitter::new(4 << 20);
        for _ in 0..1024 {
            assert!(splitter.push(&[b'x'; 1024]).is_empty());
        }
        assert_eq!(splitter.push(b"\n")[0].len(), 1 << 20);
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same_lines(text in "[a-z\nö🍎]{0,80}", cuts in proptest::collection::vec(0usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let expect: Vec<&str> = text.lines().collect();
            prop_assert_eq!(split(&pieces, 10_000), expect);
        }
    }
}
