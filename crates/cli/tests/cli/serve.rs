//! `serve`: headers, ranges, the list of models, and what it must not give away.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{Model, TEMPLATE, folder};
use crate::hearth;
use crate::http::{get, request};
use crate::process::HEARTH;

/// A server over a folder with `app` and `models`, gone with the test.
struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    fn start(fill: impl FnOnce(&TempDir)) -> Self {
        Self::start_with(&[], fill)
    }

    fn start_with(options: &[&str], fill: impl FnOnce(&TempDir)) -> Self {
        let folder = folder();
        for name in ["app/assets", "models/sub"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        for (name, text) in [
            ("app/index.html", "<!doctype html><title>Hearth</title>"),
            ("app/assets/engine-1a2b3c.wasm", "\0asm"),
            ("app/favicon.svg", "<svg/>"),
            ("models/notes.txt", "not a model"),
            ("secret.gguf", "GGUF secret"),
        ] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        fill(&folder);
        let mut child = Command::new(HEARTH)
            .args(["serve", "--port", "0", "--json", "--app"])
            .arg(folder.path().join("app"))
            .arg("--models")
            .arg(folder.path().join("models"))
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("a line");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let port = said["port"]
            .as_u64()
            .and_then(|p| p.try_into().ok())
            .expect("a port");
        assert_eq!(said["url"], format!("http://127.0.0.1:{port}/"));
        Server {
            child,
            port,
            folder,
        }
    }

    fn model(&self, name: &str) -> PathBuf {
        self.folder.path().join("models").join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has no other way to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_page_talks_to_the_servers_that_were_named() {
    let rule_of = |options: &[&str]| {
        let server = Server::start_with(options, |_| {});
        let policy = get(server.port, "/")
            .header("content-security-policy")
            .to_owned();
        let rule = policy
            .split("; ")
            .find(|rule| rule.starts_with("connect-src"));
        rule.expect("a rule").to_owned()
    };
    assert_eq!(rule_of(&["--connect", "none"]), "connect-src 'self'");
    let two = ["--connect", "https://models.example,http://10.0.0.7:8000"];
    assert_eq!(
        rule_of(&two),
        "connect-src 'self' https://models.example http://10.0.0.7:8000"
    );
}

#[test]
fn what_is_no_server_cannot_be_named() {
    let folder = folder();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").expect("written");
    let run = Command::new(HEARTH)
        .args([
            "serve",
            "--port",
            "0",
            "--connect",
            "https://a.example/x; script-src *",
            "--app",
        ])
        .arg(folder.path())
        .output()
        .expect("the program runs");
    assert_eq!(run.status.code(), Some(1));
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        said.contains("--connect") && said.contains("https://models.example"),
        "{said}"
    );
}

#[test]
fn the_app_is_isolated_and_cached_by_name() {
    let server = Server::start(|_| {});
    let page = get(server.port, "/");
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html")
    );
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'self';",
        "script-src 'self' 'wasm-unsafe-eval';",
        "connect-src 'self' https://huggingface.co https://*.huggingface.co https://*.hf.co;",
    ] {
        assert!(policy.contains(rule), "{rule} in {policy}");
    }
    assert!(!policy.contains("'unsafe-eval'"));
    let wasm = get(server.port, "/assets/engine-1a2b3c.wasm");
    assert_eq!(
        (wasm.status, wasm.header("content-type")),
        (200, "application/wasm")
    );
    assert!(wasm.header("cache-control").contains("immutable"));
    let missing = get(server.port, "/assets/gone.js");
    assert_eq!(
        (missing.status, missing.header("cache-control")),
        (404, "no-cache")
    );
    for path in [
        "/",
        "/assets/engine-1a2b3c.wasm",
        "/favicon.svg",
        "/api/models",
        "/models/x",
        "/gone",
    ] {
        let response = get(server.port, path);
        assert_eq!(
            response.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(
            response.header("cross-origin-embedder-policy"),
            "require-corp",
            "{path}"
        );
        assert_eq!(
            response.header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(
            response.header("x-content-type-options"),
            "nosniff",
            "{path}"
        );
    }
}

#[test]
fn models_are_served_by_range() {
    let server = Server::start(|folder| {
        Model::default().write(folder, "models/sub/a model.gguf");
    });
    let bytes = std::fs::read(server.model("sub/a model.gguf")).expect("written");
    let path = "/models/sub/a%20model.gguf";
    let whole = get(server.port, path);
    assert_eq!(
        (whole.status, whole.header("accept-ranges")),
        (200, "bytes")
    );
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    assert!(whole.body == bytes);
    let head = request(server.port, "HEAD", path, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), bytes.len().to_string());
    let tag = head.header("etag");
    assert!(!tag.is_empty());

    let part = request(server.port, "GET", path, &["Range: bytes=4-11"]);
    assert_eq!((part.status, &part.body[..]), (206, &bytes[4..12]));
    assert_eq!(
        part.header("content-range"),
        format!("bytes 4-11/{}", bytes.len())
    );
    assert_eq!(
        (part.header("etag"), part.header("content-length")),
        (tag, "8")
    );
    let end = request(server.port, "GET", path, &["Range: bytes=-5"]);
    assert_eq!(
        (end.status, &end.body[..]),
        (206, &bytes[bytes.len() - 5..])
    );
    let beyond = request(
        server.port,
        "GET",
        path,
        &[&format!("Range: bytes={}-", bytes.len())],
    );
    assert_eq!(beyond.status, 416);

    let same = request(
        server.port,
        "GET",
        path,
        &[&format!("If-None-Match: {tag}")],
    );
    assert_eq!((same.status, same.body.len()), (304, 0));
    let range = "Range: bytes=0-3";
    let fresh = request(
        server.port,
        "GET",
        path,
        &[range, &format!("If-Range: {tag}")],
    );
    assert_eq!((fresh.status, fresh.body.len()), (206, 4));
    let stale = request(server.port, "GET", path, &[range, "If-Range: \"another\""]);
    assert_eq!((stale.status, stale.body.len()), (200, bytes.len()));
    assert_eq!(request(server.port, "POST", path, &[]).status, 405);
}

#[test]
fn nothing_else_is_given_away() {
    let server = Server::start(|folder| {
        Model::default().write(folder, "models/good.gguf");
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret.gguf", folder.path().join("models/link.gguf"))
            .expect("linked");
        #[cfg(unix)]
        std::os::unix::fs::symlink("..", folder.path().join("models/up")).expect("linked");
    });
    for path in [
        "/models/../secret.gguf",
        "/models/%2e%2e/secret.gguf",
        "/models/..%2fsecret.gguf",
        "/models/sub/..%2f..%2fsecret.gguf",
        "/models/%2e%2e%5csecret.gguf",
        "/models//secret.gguf",
        "/models/%2fetc%2fpasswd",
        "/models/link.gguf",
        "/models/up/secret.gguf",
        "/models/up/models/good.gguf",
        "/models/notes.txt",
        "/models/sub",
        "/models/",
        "/models/good.gguf%00",
        "/models/%ff.gguf",
        "/../secret.gguf",
        "/..%2fsecret.gguf",
        "/assets/..%2f..%2fsecret.gguf",
    ] {
        let response = get(server.port, path);
        // Inside the folder a detour through a link is harmless, but is not needed either.
        let harmless = path == "/models/up/models/good.gguf";
        assert!(
            harmless || (400..500).contains(&response.status),
            "{path}: {}",
            response.status
        );
        assert!(!response.body.windows(6).any(|w| w == b"secret"), "{path}");
    }
    let listed = get(server.port, "/api/models").json();
    let ids: Vec<&str> = listed
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|m| m["id"].as_str())
        .collect();
    assert_eq!(ids, ["good.gguf"]);
    assert_eq!(get(server.port, "/models/good.gguf").status, 200);
}

#[test]
fn other_names_are_refused() {
    let server = Server::start(|_| {});
    let asked_for =
        |host: &str| request(server.port, "GET", "/", &[&format!("Host: {host}")]).status;
    assert_eq!(asked_for(&format!("localhost:{}", server.port)), 200);
    assert_eq!(asked_for("evil.example"), 421);
    assert_eq!(asked_for("evil.example:80"), 421);
}

#[test]
fn the_list_says_what_runs() {
    let server = Server::start(|folder| {
        Model {
            template: Some(TEMPLATE),
            ..Model::default()
        }
        .write(folder, "models/sub/ü #1.gguf");
        Model {
            architecture: "mystery",
            ..Model::default()
        }
        .write(folder, "models/u.gguf");
        Model {
            has_tensors: false,
            ..Model::default()
        }
        .write(folder, "models/v.gguf");
        Model::default().write(folder, "models/lone-00001-of-00002.gguf");
        Model::default().write_parts(folder, "models/two");
        std::fs::write(folder.path().join("models/broken.gguf"), "nonsense").expect("written");
    });
    let listed = get(server.port, "/api/models");
    assert_eq!(listed.header("content-type"), "application/json");
    let listed = listed.json();
    let find = |id: &str| {
        listed
            .as_array()
            .and_then(|l| l.iter().find(|m| m["id"] == id))
    };
    assert_eq!(listed.as_array().map(Vec::len), Some(5));

    let good = find("sub/ü #1.gguf").expect("listed");
    assert_eq!(
        (&good["supported"], &good["reason"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(
        (&good["name"], &good["architecture"]),
        (&"a test".into(), &"llama".into())
    );
    assert_eq!(
        (&good["has_chat_template"], &good["context_length"]),
        (&true.into(), &64.into())
    );
    assert_eq!(good["quantization"], "F32");
    let size = std::fs::metadata(server.model("sub/ü #1.gguf"))
        .expect("written")
        .len();
    assert_eq!(good["size_bytes"], size);
    assert_eq!(good["url"], "/models/sub/%C3%BC%20%231.gguf");
    assert_eq!(good["parts"][0]["url"], good["url"]);
    assert_eq!(good["parts"][0]["size_bytes"], size);
    let file = get(server.port, good["url"].as_str().expect("text"));
    assert_eq!(file.body.len() as u64, size);

    let split = find("two-00001-of-00002.gguf").expect("listed");
    assert_eq!(split["supported"], true);
    let parts = split["parts"].as_array().expect("a list");
    assert_eq!(parts[1]["url"], "/models/two-00002-of-00002.gguf");
    let sizes = parts.iter().filter_map(|part| part["size_bytes"].as_u64());
    assert_eq!(split["size_bytes"], sizes.sum::<u64>());

    for (id, word) in [
        ("u.gguf", "mystery"),
        ("broken.gguf", "GGUF"),
        ("lone-00001-of-00002.gguf", "part 2 of 2"),
    ] {
        let model = find(id).unwrap_or_else(|| panic!("{id} is listed"));
        assert_eq!(model["supported"], false, "{id}");
        let reason = model["reason"].as_str().expect("a reason");
        assert!(reason.contains(word), "{id}: {reason}");
    }
    assert!(find("v.gguf").is_none());

    // Another version of a file is described anew.
    Model::default().write(&server.folder, "models/broken.gguf");
    let again = get(server.port, "/api/models").json();
    let mended = again
        .as_array()
        .and_then(|l| l.iter().find(|m| m["id"] == "broken.gguf"));
    assert_eq!(mended.expect("listed")["supported"], true);
}

#[test]
fn embedding_models_are_not_offered() {
    let server = Server::start(|folder| {
        Model {
            pooling: Some(3),
            ..Model::default()
        }
        .write(folder, "models/e.gguf");
    });
    let listed = get(server.port, "/api/models").json();
    assert_eq!(listed[0]["supported"], false);
    let reason = listed[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("embeddings"), "{reason}");
}

#[test]
fn what_cannot_be_served_is_said() {
    let server = Server::start(|_| {});
    let app = server.folder.path().join("app");
    let port = server.port.to_string();
    let taken = hearth!("serve", "--app", app, "--port", port);
    assert_eq!(taken.code, Some(1));
    assert!(
        taken.stderr.contains(&port) && taken.stderr.contains("--port"),
        "{}",
        taken.stderr
    );
    let unbuilt = hearth!("serve", "--app", server.model("sub"), "--port", "0");
    assert!(
        unbuilt.stderr.contains("cargo xtask app"),
        "{}",
        unbuilt.stderr
    );
    let nowhere = hearth!(
        "serve",
        "--app",
        app,
        "--models",
        server.model("no"),
        "--port",
        "0"
    );
    assert!(nowhere.stderr.contains("--models"), "{}", nowhere.stderr);
    for ended in [taken, unbuilt, nowhere] {
        assert_eq!(
            (ended.code, ended.stderr.lines().count()),
            (Some(1), 1),
            "{}",
            ended.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    let mut server = Server::start(|_| {});
    // An idle connection, as browsers keep them.
    let _idle = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("it listens");
    let pid = i32::try_from(server.child.id()).expect("a process id");
    // SAFETY: `kill` takes no pointers, and the child has not been waited for, so the id is its own.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    let status = server.child.wait().expect("it ends");
    assert!(status.success(), "{status}");
}
