//! What every response says: isolation, so that threads may share memory; a policy that keeps the page at home, but for models; caching.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where models are published; they answer from several names.
pub(super) const HUBS: [&str; 3] = [
    "https://huggingface.co",
    "https://*.huggingface.co",
    "https://*.hf.co",
];

const HEADERS: [(&str, &str); 5] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

/// Files whose name changes with their content: the bundler puts them here.
const HASHED: &str = "/assets/";

/// What pages may do. On every response, because a worker obeys the policy that came with its own script, not the page's.
#[derive(Clone, Debug)]
pub(super) struct Policy(HeaderValue);

impl Policy {
    /// Scripts and workers of this server alone, wasm allowed; models may be fetched from `origins` as well.
    ///
    /// # Errors
    ///
    /// The first of `origins` that is none: a scheme and a host (`https://models.example:8443`, `https://*.models.example`), and no more.
    pub(super) fn new(origins: &[String]) -> Result<Self, String> {
        if let Some(wrong) = origins.iter().find(|origin| !is_origin(origin)) {
            return Err(wrong.clone());
        }
        let origins = origins.join(" ");
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
             connect-src {}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'self'; \
             form-action 'self'; frame-ancestors 'none'",
            format!("'self' {origins}").trim_end(),
        );
        HeaderValue::try_from(policy).map(Self).map_err(|_| origins)
    }
}

/// Whether a text is a scheme and a host, so that it cannot bring other rules along.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_of_hosts = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    host.map(|host| host.strip_prefix("*.").unwrap_or(host))
        .is_some_and(|host| !host.is_empty() && host.chars().all(is_of_hosts))
}

/// Add the headers of every response.
pub(super) async fn add(
    State(Policy(policy)): State<Policy>,
    request: Request,
    next: Next,
) -> Response {
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
    headers.insert(CONTENT_SECURITY_POLICY, policy);
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
    fn policies_name_origins_and_nothing_else() {
        let origins = [
            "https://a.example",
            "http://10.0.0.7:8000",
            "https://*.b.example",
        ];
        let Policy(policy) = Policy::new(&origins.map(String::from)).expect("all are origins");
        let policy = policy.to_str().expect("ASCII");
        assert!(policy.contains(
            "connect-src 'self' https://a.example http://10.0.0.7:8000 https://*.b.example;"
        ));
        let Policy(alone) = Policy::new(&[]).expect("none is wrong");
        assert!(
            alone
                .to_str()
                .expect("ASCII")
                .contains("connect-src 'self';")
        );
        for wrong in [
            "*",
            "https://",
            "https://*",
            "models.example",
            "https://a.example/path",
            "https://a.example; script-src *",
            "https://a.example 'unsafe-eval'",
            "data:",
        ] {
            assert_eq!(
                Policy::new(&[wrong.to_owned()]).err().as_deref(),
                Some(wrong)
            );
        }
    }

    #[test]
    fn ports_are_no_part_of_a_name() {
        assert_eq!(without_port("localhost:8080"), "localhost");
        assert_eq!(without_port("localhost"), "localhost");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
