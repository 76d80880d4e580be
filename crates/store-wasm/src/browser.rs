//! A store in the origin private file system, or in memory with copies that JavaScript keeps.

use hearth_store::{Command, Reply, Store, StoreError};
use js_sys::{Error, Reflect, Uint8Array};
use rusqlite::Connection;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};
use tsify::Ts;
use wasm_bindgen::prelude::*;

/// The database in that folder, and the journal beside it.
const FILE: &str = "conversations.sqlite";

/// A database of conversations.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmStore {
    store: Store,
}

#[wasm_bindgen]
impl WasmStore {
    /// Opens the one in a folder of the origin private file system. One worker at a time can have it: hold a lock.
    #[wasm_bindgen(js_name = openFolder)]
    pub async fn open_folder(folder: &str) -> Result<WasmStore, JsValue> {
        let options = OpfsSAHPoolCfgBuilder::new().directory(folder).build();
        install::<WasmOsCallback>(&options, true)
            .await
            .map_err(|error| js_error("store_unreachable", &error.to_string()))?;
        open(Connection::open(FILE))
    }

    /// Opens one in memory: a new one, or one of which `snapshot` made a copy.
    #[wasm_bindgen(js_name = openMemory)]
    pub fn open_memory(snapshot: Option<Uint8Array>) -> Result<WasmStore, JsValue> {
        let store = match snapshot {
            Some(bytes) => Store::from_snapshot(&bytes.to_vec()),
            None => Connection::open_in_memory()
                .map_err(StoreError::from)
                .and_then(Store::open),
        };
        let store = store.map_err(|error| store_error(&error))?;
        Ok(WasmStore { store })
    }

    /// Does what a command asks for, wholly or not at all.
    pub fn run(&mut self, command: Ts<Command>) -> Result<Ts<Reply>, JsValue> {
        let command = command
            .to_rust()
            .map_err(|error| js_error("bad_argument", &error.to_string()))?;
        let reply = self
            .store
            .run(command)
            .map_err(|error| store_error(&error))?;
        reply
            .into_ts()
            .map_err(|error| js_error("internal", &error.to_string()))
    }

    /// The whole database as bytes.
    pub fn snapshot(&self) -> Result<Uint8Array, JsValue> {
        let bytes = self.store.snapshot().map_err(|error| store_error(&error))?;
        Ok(Uint8Array::from(&bytes[..]))
    }
}

fn open(connection: rusqlite::Result<Connection>) -> Result<WasmStore, JsValue> {
    let store = connection.map_err(StoreError::from).and_then(Store::open);
    let store = store.map_err(|error| store_error(&error))?;
    Ok(WasmStore { store })
}

fn store_error(error: &StoreError) -> JsValue {
    js_error(error.code(), &error.to_string())
}

/// An `Error` with a `code`.
fn js_error(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // Setting a property of a fresh ordinary object cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}
