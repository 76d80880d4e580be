//! `hearth serve`: the app, with the headers that it needs, and models by range.
//!
//! | module | holds |
//! |---|---|
//! | [`headers`] | what every response says |
//! | [`catalog`] | the list of models |
//! | [`describe`] | what the list says about one model |
//! | [`files`] | models and the app's files |

mod catalog;
mod describe;
mod files;
mod headers;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Router, middleware};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::CliError;
use crate::interrupt;
use crate::output::Output;
use catalog::Catalog;
use headers::{Names, Policy};

/// Where the app is built to.
const DEFAULT_APP: &str = "packages/app/dist";
/// As `--connect`: pages talk to this server alone.
const ALONE: &str = "none";
/// How long requests may take to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serve the app, and models to it
///
/// Only this machine can see it, unless --host says otherwise.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Folder with models; GGUF files in it are offered, at any depth
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Folder with the built app
    #[arg(long, value_name = "DIR", default_value = DEFAULT_APP)]
    app: PathBuf,
    /// Servers that the page may fetch models from, such as https://models.example; by default the model hub's. `none`: no other than this one
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', default_values = headers::HUBS)]
    connect: Vec<String>,
    /// Print {"url":…,"port":…} once listening
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ServeArgs) -> Result<(), CliError> {
    if !args.app.join("index.html").is_file() {
        return Err(CliError::NoApp { path: args.app });
    }
    let models = args.models.as_deref().map(models_folder).transpose()?;
    let policy = policy(&args.connect)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Serve)?;
    runtime.block_on(serve(args, models, policy))?;
    // A download that somebody is still reading does not keep the program.
    runtime.shutdown_background();
    Ok(())
}

fn policy(connect: &[String]) -> Result<Policy, CliError> {
    let origins = if connect == [ALONE] { &[] } else { connect };
    Policy::new(origins).map_err(|origin| CliError::NoOrigin { origin })
}

/// The folder as it really is, for telling what lies inside it.
fn models_folder(path: &Path) -> Result<PathBuf, CliError> {
    let folder = path.canonicalize().and_then(|folder| {
        std::fs::read_dir(&folder)?;
        Ok(folder)
    });
    folder.map_err(|source| CliError::ModelsFolder {
        path: path.to_owned(),
        source,
    })
}

async fn serve(args: ServeArgs, models: Option<PathBuf>, policy: Policy) -> Result<(), CliError> {
    let listener = TcpListener::bind((args.host.as_str(), args.port)).await;
    let listener = listener.map_err(|error| cannot_listen(&args, error))?;
    let address = listener.local_addr().map_err(CliError::Serve)?;
    let (press, pressed) = watch::channel(false);
    interrupt::on_first_press(move || {
        press.send_replace(true);
    });
    announce(address, args.json)?;
    let names = Names {
        host: args.host,
        is_loopback: address.ip().is_loopback(),
    };
    let server = axum::serve(listener, router(&args.app, models, names, policy))
        .with_graceful_shutdown(ctrl_c(pressed.clone()));
    tokio::select! {
        ended = server => ended.map_err(CliError::Serve),
        // What takes longer, such as a large download, does not keep the program.
        () = async { ctrl_c(pressed).await; tokio::time::sleep(PATIENCE).await } => Ok(()),
    }
}

/// Wait for Ctrl-C; forever where the system cannot tell.
async fn ctrl_c(mut pressed: watch::Receiver<bool>) {
    if pressed.wait_for(|pressed| *pressed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn cannot_listen(args: &ServeArgs, source: io::Error) -> CliError {
    let (host, port) = (args.host.clone(), args.port);
    match source.kind() {
        io::ErrorKind::AddrInUse => CliError::PortTaken { host, port },
        _ => CliError::Listen { host, port, source },
    }
}

fn announce(address: SocketAddr, as_json: bool) -> Result<(), CliError> {
    let mut output = Output::new();
    let host = if address.ip().is_unspecified() {
        "127.0.0.1".to_owned()
    } else if address.is_ipv6() {
        format!("[{}]", address.ip())
    } else {
        address.ip().to_string()
    };
    let url = format!("http://{host}:{}/", address.port());
    if as_json {
        return output.json(&json!({ "url": url, "port": address.port() }));
    }
    output.line(&format!("Hearth is at {url}"))?;
    output.flush()
}

fn router(app: &Path, models: Option<PathBuf>, names: Names, policy: Policy) -> Router {
    let catalog = Arc::new(Catalog::new(models));
    Router::new()
        .route("/api/models", get(catalog::list))
        .route("/models/{*path}", get(files::model))
        .with_state(catalog)
        .fallback_service(files::app(app))
        .layer(middleware::from_fn_with_state(names, headers::check_host))
        .layer(middleware::from_fn_with_state(policy, headers::add))
}
