//! What every response says: isolation, so that threads may share memory; a policy that keeps the page at home; caching.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HOST};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Scripts and workers of this server alone, wasm allowed; no other host is ever asked for anything.
///
/// On every response, because a worker obeys the policy that came with its own script, not the page's.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
     connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'self'; \
     form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

/// Files whose name changes with their content: the bundler puts them here.
const HASHED: &str = "/assets/";

/// Add the headers of every response.
pub(super) async fn add(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with(HASHED);
    let mut response = next.run(request).await;
    let is_found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static(if is_hashed && is_found {
            "public, max-age=31536000, immutable"
        } else {
            // May be kept, but is asked for each time: an answer of 304 costs nothing.
            "no-cache"
        }),
    );
    response
}

/// Whose name this server answers to.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// `--host`.
    pub(super) host: String,
    /// Whether only this machine can reach the server.
    pub(super) is_loopback: bool,
}

/// Refuse requests to other names. A page elsewhere could point its own name at this machine and read what is served.
pub(super) async fn check_host(
    State(names): State<Names>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(HOST).and_then(|h| h.to_str().ok());
    let name = host.map(without_port);
    let is_known = name.is_some_and(|name| {
        ["localhost", "127.0.0.1", "[::1]", names.host.as_str()].contains(&name)
    });
    if names.is_loopback && !is_known {
        let text = "this server answers to localhost and 127.0.0.1 only\n";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    next.run(request).await
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_no_part_of_a_name() {
        assert_eq!(without_port("localhost:8080"), "localhost");
        assert_eq!(without_port("localhost"), "localhost");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
