//! Ctrl-C. Usually it ends the program; while somebody holds a [`Catch`] the first press is only noted.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static CATCHING: AtomicBool = AtomicBool::new(false);
static PRESSES: AtomicU32 = AtomicU32::new(0);

/// Status after Ctrl-C, as shells have it.
const STATUS: i32 = 130;

/// Begin to handle Ctrl-C.
pub(crate) fn install() {
    let handler = || {
        let is_first = PRESSES.fetch_add(1, Ordering::SeqCst) == 0;
        if !(is_first && CATCHING.load(Ordering::SeqCst)) {
            std::process::exit(STATUS);
        }
    };
    listen(handler);
}

#[cfg(not(target_family = "wasm"))]
fn listen(handler: impl FnMut() + Send + 'static) {
    // Without a handler Ctrl-C ends the program all the same.
    let _ = ctrlc::set_handler(handler);
}

/// There are no signals: whoever runs the program ends it.
#[cfg(target_family = "wasm")]
fn listen(_: impl FnMut() + Send + 'static) {}

/// Call `stop` at the first Ctrl-C; the second one ends the program. In place of [`install`].
#[cfg(not(target_family = "wasm"))]
pub(crate) fn on_first_press(stop: impl Fn() + Send + 'static) {
    let handler = move || match PRESSES.fetch_add(1, Ordering::SeqCst) {
        0 => stop(),
        _ => std::process::exit(STATUS),
    };
    listen(handler);
}

/// As long as it lives, the first Ctrl-C is noted, and the second one ends the program.
#[derive(Debug)]
pub(crate) struct Catch(());

impl Catch {
    /// Begin to catch. There is one at a time.
    pub(crate) fn new() -> Self {
        PRESSES.store(0, Ordering::SeqCst);
        CATCHING.store(true, Ordering::SeqCst);
        Catch(())
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn pressed(&self) -> bool {
        PRESSES.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Catch {
    fn drop(&mut self) {
        CATCHING.store(false, Ordering::SeqCst);
    }
}
