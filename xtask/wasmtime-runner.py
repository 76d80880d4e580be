"""Runs a WASI program as the `wasmtime` program does, by wasmtime's Python package: the same engine as a shared library.

    python wasmtime-runner.py --version
    python wasmtime-runner.py run [--dir HOST[::GUEST]]... PROGRAM [ARGUMENT]...

For `cargo xtask bench` where there is no `wasmtime`: pip brings the package, the program would have to be compiled. Python
only starts the engine: what the program computes and reads goes past it.
"""

import argparse
import importlib.metadata
import os
import sys

import wasmtime


def read_arguments():
    parser = argparse.ArgumentParser(description="runs a WASI program by wasmtime's Python package")
    version = importlib.metadata.version("wasmtime")
    parser.add_argument("--version", action="version", version=f"wasmtime {version} (Python package)")
    run = parser.add_subparsers(required=True).add_parser("run")
    run.add_argument("--dir", action="append", default=[], metavar="HOST[::GUEST]")
    run.add_argument("program")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def engine():
    """As fast as it gets; most of this is the default, but a measurement should not depend on defaults."""
    config = wasmtime.Config()
    config.strategy = "cranelift"
    config.cranelift_opt_level = "speed"
    config.debug_info = False
    # The instructions of the processor, not ones that give the same bits on every processor.
    config.wasm_relaxed_simd = True
    config.wasm_relaxed_simd_deterministic = False
    config.wasm_threads = False
    return wasmtime.Engine(config)


def wasi(options):
    config = wasmtime.WasiConfig()
    config.argv = [os.path.basename(options.program), *options.arguments]
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    for folder in options.dir:
        host, _, guest = folder.partition("::")
        config.preopen_dir(host, guest or host)
    return config


def run(options):
    store = wasmtime.Store(engine())
    store.set_wasi(wasi(options))
    linker = wasmtime.Linker(store.engine)
    linker.define_wasi()
    module = wasmtime.Module.from_file(store.engine, options.program)
    linker.instantiate(store, module).exports(store)["_start"](store)


def main():
    options = read_arguments()
    try:
        run(options)
    except wasmtime.ExitTrap as exit:
        return exit.code
    except (OSError, wasmtime.Trap, wasmtime.WasmtimeError) as error:
        print(f"{options.program}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
