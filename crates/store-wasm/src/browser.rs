//! A store in the origin private file system, or in memory with copies that JavaScript keeps.

use std::fmt;

use hearth_store::{Command, Reply, Store, StoreError};
use js_sys::{Error, Reflect, Uint8Array};
use rusqlite::Connection;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

/// The database in that folder, and the journal beside it.
const FILE: &str = "conversations.sqlite";

/// A database of conversations.
#[wasm_bindgen]
pub struct WasmStore {
    /// None while it is paused.
    store: Option<Store>,
    /// Its files, if it is in a folder.
    files: Option<OpfsSAHPoolUtil>,
}

impl fmt::Debug for WasmStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmStore")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[wasm_bindgen]
impl WasmStore {
    /// Opens the one in a folder of the origin private file system. One worker at a time can have it: hold a lock.
    #[wasm_bindgen(js_name = openFolder)]
    pub async fn open_folder(folder: &str) -> Result<WasmStore, JsValue> {
        let options = OpfsSAHPoolCfgBuilder::new().directory(folder).build();
        let files = install::<WasmOsCallback>(&options, true)
            .await
            .map_err(unreachable)?;
        Ok(Self {
            store: Some(open_file()?),
            files: Some(files),
        })
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
        Ok(Self {
            store: Some(store.map_err(|error| store_error(&error))?),
            files: None,
        })
    }

    /// Lets another worker have the folder. One in memory stays as it is.
    pub fn pause(&mut self) -> Result<(), JsValue> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        self.store = None;
        files.pause().map_err(unreachable)
    }

    /// Takes the folder again.
    pub async fn resume(&mut self) -> Result<(), JsValue> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        files.resume().await.map_err(unreachable)?;
        if self.store.is_none() {
            self.store = Some(open_file()?);
        }
        Ok(())
    }

    /// Does what a command asks for, wholly or not at all.
    pub fn run(&mut self, command: Ts<Command>) -> Result<Ts<Reply>, JsValue> {
        let command = command
            .to_rust()
            .map_err(|error| js_error("bad_argument", &error.to_string()))?;
        let reply = self
            .store
            .as_mut()
            .ok_or_else(paused)?
            .run(command)
            .map_err(|error| store_error(&error))?;
        reply
            .into_ts()
            .map_err(|error| js_error("internal", &error.to_string()))
    }

    /// The whole database as bytes.
    pub fn snapshot(&mut self) -> Result<Uint8Array, JsValue> {
        let store = self.store.as_mut().ok_or_else(paused)?;
        let bytes = store.snapshot().map_err(|error| store_error(&error))?;
        Ok(Uint8Array::from(&bytes[..]))
    }
}

fn open_file() -> Result<Store, JsValue> {
    let store = Connection::open(FILE)
        .map_err(StoreError::from)
        .and_then(Store::open);
    store.map_err(|error| store_error(&error))
}

fn unreachable(error: OpfsSAHError) -> JsValue {
    js_error("store_unreachable", &error.to_string())
}

fn paused() -> JsValue {
    js_error(
        "store_failed",
        "the conversations are paused: resume them first",
    )
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
