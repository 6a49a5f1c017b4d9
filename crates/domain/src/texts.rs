//! Texts by name, such as labels and the query of a route.

/// A small map, sorted by name. A vector, because a tree would be 8 KB more of WASM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(Vec<(String, String)>);

impl Texts {
    /// The text of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).ok().map(|at| self.0[at].1.as_str())
    }

    /// Sets the text of this name.
    pub fn set(&mut self, name: &str, text: &str) {
        match self.find(name) {
            Ok(at) => text.clone_into(&mut self.0[at].1),
            Err(at) => self.0.insert(at, (name.to_owned(), text.to_owned())),
        }
    }

    /// Removes this name, if it is there.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.find(name) {
            self.0.remove(at);
        }
    }

    /// All names and texts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(one, _)| one.as_str().cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_once_and_in_order() {
        let mut texts = Texts::default();
        for (name, text) in [("b", "1"), ("a", "2"), ("b", "3"), ("c", "4")] {
            texts.set(name, text);
        }
        texts.remove("c");
        texts.remove("d");
        assert_eq!(texts.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!((texts.get("b"), texts.get("c")), (Some("3"), None));
    }
}
