//! Writes the seed corpus of the fuzz target into a folder: `fuzz_seeds FOLDER`.

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("usage: fuzz_seeds FOLDER"));
    };
    fs::create_dir_all(&folder)?;
    for (name, bytes) in hearth_gguf::oracle::seeds() {
        fs::write(folder.join(name), bytes)?;
    }
    println!("seeds written to {}", folder.display());
    Ok(())
}
