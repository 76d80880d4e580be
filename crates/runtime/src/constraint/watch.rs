//! What no grammar can say of JSON: that the names of an object differ, and that its numbers are ones that a double holds.
//!
//! A reader of JSON takes the last of two equal names, so repeated names could leave an object with fewer properties than its schema
//! asks for. A number of many digits is rounded when it is read, which may carry it over a bound; one of 400 digits is infinite.

/// Decimal numbers of so many digits keep their order when they are read as doubles.
const MAX_DIGITS: u8 = 15;
/// Up to e99 and e-99, far from infinity whatever stands before.
const MAX_EXPONENT_DIGITS: u8 = 2;

/// Follows a JSON text byte by byte. It relies on a grammar that the text is JSON, or has JSON in it and no quotation marks beside.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Open objects and arrays.
    open: Vec<Container>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Container {
    Array,
    /// The names so far, as they are written: between quotation marks.
    Object {
        names: Vec<Vec<u8>>,
        /// Whether a name is next, and not a value.
        name_next: bool,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between values.
    #[default]
    Between,
    Text {
        escaped: bool,
        /// The name so far, where it is one.
        name: Option<Vec<u8>>,
    },
    Number {
        digits: u8,
        in_exponent: bool,
    },
}

/// Where in a JSON text one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    Between,
    Text,
    Number,
}

impl Watch {
    pub(super) fn situation(&self) -> Situation {
        match self.place {
            Place::Between => Situation::Between,
            Place::Text { .. } => Situation::Text,
            Place::Number { .. } => Situation::Number,
        }
    }

    /// Whether these bytes should not follow.
    pub(super) fn objects(&self, bytes: &[u8]) -> bool {
        let could = match &self.place {
            Place::Number { .. } => true,
            Place::Text { name, .. } => name.is_some() || bytes.contains(&b'"'),
            Place::Between => true,
        };
        could && !self.clone().follow(bytes)
    }

    /// Whether one is in the name of a property that is not its object's first, after these bytes.
    pub(super) fn is_further_name(&self, bytes: &[u8]) -> bool {
        let mut after = self.clone();
        after.follow(bytes);
        let is_name = matches!(after.place, Place::Text { name: Some(_), .. });
        let names = match after.open.last() {
            Some(Container::Object { names, .. }) => names.len(),
            _ => 0,
        };
        is_name && names > 0
    }

    /// These bytes follow.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.follow(bytes);
    }

    /// Whether all was well.
    fn follow(&mut self, bytes: &[u8]) -> bool {
        let mut well = true;
        for &byte in bytes {
            well &= self.byte(byte);
        }
        well
    }

    fn byte(&mut self, byte: u8) -> bool {
        match &mut self.place {
            Place::Text { escaped, name } => {
                let ends = byte == b'"' && !*escaped;
                *escaped = byte == b'\\' && !*escaped;
                if !ends {
                    name.iter_mut().for_each(|name| name.push(byte));
                    return true;
                }
                let name = name.take();
                self.place = Place::Between;
                name.is_none_or(|name| self.add_name(name))
            }
            Place::Number {
                digits,
                in_exponent,
            } => match byte {
                b'0'..=b'9' => {
                    *digits = digits.saturating_add(1);
                    *digits
                        <= if *in_exponent {
                            MAX_EXPONENT_DIGITS
                        } else {
                            MAX_DIGITS
                        }
                }
                b'e' | b'E' => {
                    (*digits, *in_exponent) = (0, true);
                    true
                }
                b'.' | b'+' | b'-' => true,
                _ => {
                    self.place = Place::Between;
                    self.between(byte)
                }
            },
            Place::Between => self.between(byte),
        }
    }

    fn add_name(&mut self, name: Vec<u8>) -> bool {
        let Some(Container::Object { names, name_next }) = self.open.last_mut() else {
            return true;
        };
        *name_next = false;
        let is_new = !names.contains(&name);
        names.push(name);
        is_new
    }

    fn between(&mut self, byte: u8) -> bool {
        match byte {
            b'{' => self.open.push(Container::Object {
                names: Vec::new(),
                name_next: true,
            }),
            b'[' => self.open.push(Container::Array),
            b'}' | b']' => drop(self.open.pop()),
            b',' => {
                if let Some(Container::Object { name_next, .. }) = self.open.last_mut() {
                    *name_next = true;
                }
            }
            b'"' => {
                let is_name = matches!(
                    self.open.last(),
                    Some(Container::Object {
                        name_next: true,
                        ..
                    })
                );
                self.place = Place::Text {
                    escaped: false,
                    name: is_name.then(Vec::new),
                };
            }
            b'-' | b'0'..=b'9' => {
                self.place = Place::Number {
                    digits: u8::from(byte != b'-'),
                    in_exponent: false,
                };
            }
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Watch {
        let mut watch = Watch::default();
        watch.push(text.as_bytes());
        watch
    }

    #[test]
    fn a_name_is_not_repeated_in_its_object() {
        let watch = after(r#"{"a":[{"b":1}],"b":{"a":"a"},"#);
        assert!(watch.objects(br#""a":"#) && watch.objects(br#" "b""#));
        assert!(!watch.objects(br#""c":"#) && !watch.objects(br#""a"#));
        let inside = after(r#"{"a":1,"a"#);
        assert!(
            inside.objects(br#"":"#) && !inside.objects(br#"b":"#) && !inside.objects(br#"\""#)
        );
        assert!(!after(r#"{"a":"x","b":"#).objects(br#""a""#), "a value");
        assert!(!after(r#"["a","#).objects(br#""a""#), "an item");
    }

    #[test]
    fn numbers_have_as_many_digits_as_a_double_keeps() {
        let many = after("[123456789012345");
        assert!(many.objects(b"6") && many.objects(b".5"));
        assert!(!many.objects(b",6") && !many.objects(b"]") && !many.objects(b"e12"));
        assert!(after("[1e9").objects(b"99") && !after("[-1e+9").objects(b"9"));
        assert!(after("").objects(b"1234567890123456"));
        assert!(!after(r#"{"a":"1234567890123456"#).objects(b"7"), "a text");
    }
}
