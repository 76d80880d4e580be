//! Models and the app's files, whole and by range.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{self, Request, State};
use axum::http::header::{ETAG, IF_RANGE, RANGE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::services::{ServeDir, ServeFile};

use super::catalog::Catalog;

/// Bytes that are read from a file at once.
const BUFFER_BYTES: usize = 256 << 10;

/// The app's files; a folder's name gives its `index.html`.
pub(super) fn app(folder: &Path) -> ServeDir {
    ServeDir::new(folder).with_buf_chunk_size(BUFFER_BYTES)
}

/// One model file.
pub(super) async fn model(
    State(catalog): State<Arc<Catalog>>,
    extract::Path(path): extract::Path<String>,
    mut request: Request,
) -> Response {
    let Some(file) = catalog.resolve(&path) else {
        return (StatusCode::NOT_FOUND, "no such model\n").into_response();
    };
    if let Some(wanted) = request.headers_mut().remove(IF_RANGE) {
        let tag = entity_tag(&file).await;
        // A part of another version of the file would be useless: give the whole of this one.
        if tag != Some(wanted) {
            request.headers_mut().remove(RANGE);
        }
    }
    send(&file, request).await.into_response()
}

async fn entity_tag(file: &Path) -> Option<HeaderValue> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::HEAD;
    send(file, request).await.ok()?.headers().get(ETAG).cloned()
}

async fn send(file: &Path, request: Request) -> Result<Response, (StatusCode, &'static str)> {
    let mut service = ServeFile::new(file).with_buf_chunk_size(BUFFER_BYTES);
    match service.try_call(request).await {
        Ok(response) => Ok(response.map(Body::new)),
        Err(_) => Err((
            StatusCode::INTERNAL_SERVER_ERROR,
            "the file cannot be read\n",
        )),
    }
}
