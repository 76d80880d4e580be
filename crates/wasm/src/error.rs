//! Failures as JavaScript sees them: an `Error` with a message for people and a stable `code` for programs.

use hearth_api::ApiError;
use hearth_runtime::RuntimeError;
use js_sys::{Error, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tsify::{Ts, Tsify};
use wasm_bindgen::JsValue;

/// The code of arguments that are not what their TypeScript types say.
pub const BAD_ARGUMENT: &str = "bad_argument";

/// An `Error` with a `code`.
pub fn js_error(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // Setting a property of a fresh ordinary object cannot fail.
    let _ = Reflect::set(&error, &JsValue::from_str("code"), &JsValue::from_str(code));
    error.into()
}

/// A failure of the runtime.
pub fn runtime_error(error: &RuntimeError) -> JsValue {
    js_error(error.code(), &error.to_string())
}

/// A failure of a request. `param` names the parameter at fault, where it is one.
pub fn api_error(error: &ApiError) -> JsValue {
    let thrown = js_error(error.code(), &error.to_string());
    if let Some(parameter) = error.parameter() {
        let _ = Reflect::set(&thrown, &"param".into(), &parameter.into());
    }
    thrown
}

/// An argument that could not be read.
pub fn bad_argument(error: &dyn std::fmt::Display) -> JsValue {
    js_error(BAD_ARGUMENT, &error.to_string())
}

/// An argument, as its TypeScript type says.
pub(crate) fn read_argument<T>(argument: &Ts<T>) -> Result<T, JsValue>
where
    T: Tsify<JsType: Clone> + DeserializeOwned,
{
    argument.to_rust().map_err(|error| bad_argument(&error))
}

/// A result, as a plain object.
pub(crate) fn object<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    value
        .into_ts()
        .map_err(|error| js_error("internal", &error.to_string()))
}
