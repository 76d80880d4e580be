//! The conversations as JavaScript sees them: the wasm-bindgen boundary, and no logic. It is a program of its own, apart from the engine's:
//! a page can list its conversations before there is an engine, and a crash of either leaves the other alone.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub use browser::WasmStore;
