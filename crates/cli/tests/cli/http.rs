//! The few bytes of HTTP that tests need: paths go over the wire as they are, unlike with a polite client.

use std::io::{Read, Write};
use std::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A header's value, by its name in lower case; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// Ask for something; `headers` are whole lines.
pub(crate) fn request(port: u16, method: &str, path: &str, headers: &[&str]) -> Response {
    let host = format!("Host: 127.0.0.1:{port}");
    let host = if headers.iter().any(|h| h.starts_with("Host:")) {
        None
    } else {
        Some(&*host)
    };
    let lines: Vec<&str> = host.into_iter().chain(headers.iter().copied()).collect();
    let text = format!(
        "{method} {path} HTTP/1.1\r\n{}\r\nConnection: close\r\n\r\n",
        lines.join("\r\n")
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    stream.write_all(text.as_bytes()).expect("the server reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the server answers");
    parse(&bytes)
}

/// Ask for something without further headers.
pub(crate) fn get(port: u16, path: &str) -> Response {
    request(port, "GET", path, &[])
}

fn parse(bytes: &[u8]) -> Response {
    let end = bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("headers end");
    let head = std::str::from_utf8(&bytes[..end]).expect("headers are text");
    let (first, rest) = head.split_once("\r\n").expect("there are headers");
    let headers = rest.lines().filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let is_chunked = headers
        .iter()
        .any(|(n, v)| n == "transfer-encoding" && v == "chunked");
    let body = &bytes[end + 4..];
    Response {
        status: first[9..12].parse().expect("a status"),
        headers,
        body: if is_chunked {
            unchunk(body)
        } else {
            body.to_vec()
        },
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest
            .windows(2)
            .position(|w| w == b"\r\n")
            .expect("a chunk has a size");
        let size = std::str::from_utf8(&rest[..end]).expect("a number");
        let size = usize::from_str_radix(size, 16).expect("a number");
        if size == 0 {
            return body;
        }
        body.extend(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
