//! The formats of JSON Schema as patterns: what each one's own document says, less what a regular expression cannot check.
//!
//! The patterns are ECMAScript's and `llguidance`'s alike. A format of the specification that has no pattern here is refused; a name
//! that is none of the specification's is an annotation, and says nothing of what is valid.

/// What a format asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Texts that match.
    Pattern(&'static str),
    /// The specification has it, and it is no regular language, or a very large one.
    Refused,
    /// Nothing: the specification does not know it.
    Annotation,
}

/// The dates of all months; 29 February in leap years only.
macro_rules! date {
    () => {
        concat!(
            "(?:[0-9]{4}-(?:",
            "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
            "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
            "|02-(?:0[1-9]|1[0-9]|2[0-8]))",
            "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
        )
    };
}

/// Times of day, without leap seconds: whether there is one depends on the date and on the zone.
macro_rules! time {
    () => {
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
    };
}

macro_rules! label {
    () => {
        "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    };
}

macro_rules! octet {
    () => {
        "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    };
}

macro_rules! ipv4 {
    () => {
        concat!("(?:", octet!(), "\\.){3}", octet!())
    };
}

/// RFC 4291; a shortened address leaves out at least one group.
macro_rules! ipv6 {
    () => {
        concat!(
            "(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}",
            "|(?:[0-9a-fA-F]{1,4}:){1,7}:",
            "|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}",
            "|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}",
            "|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}",
            "|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}",
            "|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}",
            "|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}",
            "|:(?:(?::[0-9a-fA-F]{1,4}){1,7}|:))"
        )
    };
}

/// A character of a path, as RFC 3986 has it.
macro_rules! pchar {
    () => {
        "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
    };
}

macro_rules! query_and_fragment {
    () => {
        concat!(
            "(?:\\?(?:",
            pchar!(),
            "|[/?])*)?(?:#(?:",
            pchar!(),
            "|[/?])*)?"
        )
    };
}

/// `//authority/path`, or a path from the root.
macro_rules! hier_part {
    () => {
        concat!(
            "(?://(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?",
            "(?:(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+|\\[",
            ipv6!(),
            "\\])(?::[0-9]{1,5})?",
            "(?:/",
            pchar!(),
            "*)*",
            "|/(?:",
            pchar!(),
            "+(?:/",
            pchar!(),
            "*)*)?)"
        )
    };
}

/// What the format `name` asks for.
pub(super) fn of(name: &str) -> Format {
    Format::Pattern(match name {
        "date" => concat!("^", date!(), "$"),
        "time" => concat!("^", time!(), "$"),
        "date-time" => concat!("^", date!(), "T", time!(), "$"),
        "duration" => concat!(
            "^P(?:[0-9]{1,6}W|(?:[0-9]{1,6}Y(?:[0-9]{1,6}M(?:[0-9]{1,6}D)?)?|[0-9]{1,6}M(?:[0-9]{1,6}D)?|[0-9]{1,6}D)",
            "(?:T(?:[0-9]{1,6}H(?:[0-9]{1,6}M(?:[0-9]{1,6}S)?)?|[0-9]{1,6}M(?:[0-9]{1,6}S)?|[0-9]{1,6}S))?",
            "|T(?:[0-9]{1,6}H(?:[0-9]{1,6}M(?:[0-9]{1,6}S)?)?|[0-9]{1,6}M(?:[0-9]{1,6}S)?|[0-9]{1,6}S))$"
        ),
        "email" => concat!(
            "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@",
            "(?:",
            label!(),
            "\\.){1,4}",
            label!(),
            "$"
        ),
        // At most 253 characters: four labels of 63 would be 255.
        "hostname" => concat!("^", label!(), "(?:\\.", label!(), "){0,2}$"),
        "ipv4" => concat!("^", ipv4!(), "$"),
        "ipv6" => concat!("^", ipv6!(), "$"),
        "uuid" => "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        "uri" => concat!(
            "^[A-Za-z][A-Za-z0-9+.-]*:",
            hier_part!(),
            query_and_fragment!(),
            "$"
        ),
        "uri-reference" => concat!(
            "^(?:[A-Za-z][A-Za-z0-9+.-]*:)?",
            hier_part!(),
            query_and_fragment!(),
            "$"
        ),
        "json-pointer" => "^(?:/(?:[^~/]|~0|~1)*)*$",
        "relative-json-pointer" => "^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$",
        "idn-email" | "idn-hostname" | "iri" | "iri-reference" | "uri-template" | "regex" => {
            return Format::Refused;
        }
        _ => return Format::Annotation,
    })
}
