//! The command line of `cargo xtask bench`.

use std::path::{Path, PathBuf};

/// All options, for people.
pub(crate) const USAGE: &str = "\
Usage: cargo xtask bench [OPTIONS]

Measures Hearth against its peers and against the machine, and writes benches/record. Leave the machine alone meanwhile.

  --only PARTS         some of ceilings,native,tab,wasmtime,contention,quality (default: all)
  --models NAMES       some of the shapes of `hearth synth` (default: qwen3-0.6b,tinyllama-1.1b,llama-3-8b)
  --types TYPES        types of their weights (default: Q4_0,Q4_K_M,Q8_0)
  --repeat N           repeats of everything (default: 5)
  --peer-repeat N      repeats of the slow peers in the tab, of those (default: 2)
  --threads T,…        numbers of threads (default: 1,2)
  --llama-bench PATH   llama.cpp's program (default: LLAMA_BENCH, else it is left out)
  --wasmtime PATH      the wasmtime program (default: one that is there, else its Python package)
  --gpu                measure the GPU alone (default models: qwen3-0.6b,llama-3-8b,qwen3-32b, as Q4_K_M)
  --layers N           only the first layers of each model, to try it
  --no-build           measure what is built
  --render FILE        measure nothing: write tables and plot of a record again, by its JSON file";

const HINT: &str = "all options: cargo xtask bench --help";

/// What can be run alone, in the order in which it runs.
pub(crate) const PARTS: [&str; 6] = [
    "ceilings",
    "native",
    "tab",
    "wasmtime",
    "contention",
    "quality",
];

const MODELS: [&str; 3] = ["qwen3-0.6b", "tinyllama-1.1b", "llama-3-8b"];
const GPU_MODELS: [&str; 3] = ["qwen3-0.6b", "llama-3-8b", "qwen3-32b"];

/// What to measure, and with what.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) parts: Vec<String>,
    pub(crate) models: Vec<String>,
    pub(crate) types: Vec<String>,
    pub(crate) repeat: usize,
    /// Of what is slow and steady: wllama in the tab.
    pub(crate) peer_repeat: usize,
    pub(crate) threads: Vec<usize>,
    pub(crate) llama_bench: Option<PathBuf>,
    pub(crate) wasmtime: Option<PathBuf>,
    /// Measure the GPU, and nothing else.
    pub(crate) gpu: bool,
    /// Layers of the models, if not all.
    pub(crate) layers: Option<usize>,
    /// Use what is built.
    pub(crate) no_build: bool,
    /// Write tables and plot of a record again, and measure nothing.
    pub(crate) render: Option<PathBuf>,
}

impl Options {
    /// Reads the words after `bench`.
    pub(crate) fn parse(args: &[&str]) -> Result<Self, String> {
        let gpu = args.contains(&"--gpu");
        let models = if gpu { GPU_MODELS } else { MODELS };
        let mut options = Options {
            gpu,
            layers: None,
            parts: PARTS.map(str::to_owned).to_vec(),
            models: models.map(str::to_owned).to_vec(),
            types: match gpu {
                true => vec!["Q4_K_M".to_owned()],
                false => ["Q4_0", "Q4_K_M", "Q8_0"].map(str::to_owned).to_vec(),
            },
            repeat: 5,
            peer_repeat: 2,
            threads: vec![1, 2],
            llama_bench: std::env::var_os("LLAMA_BENCH").map(PathBuf::from),
            wasmtime: None,
            no_build: false,
            render: None,
        };
        let mut words = args.iter();
        while let Some(&word) = words.next() {
            let mut value = || {
                let value = words.next().copied();
                value.ok_or_else(|| format!("{word} lacks its value; {HINT}"))
            };
            match word {
                "--only" => options.parts = list(value()?),
                "--models" => options.models = list(value()?),
                "--types" => options.types = list(value()?),
                "--repeat" => options.repeat = number(word, value()?)?,
                "--peer-repeat" => options.peer_repeat = number(word, value()?)?,
                "--threads" => {
                    let counts = value()?.split(',').map(|t| number(word, t));
                    options.threads = counts.collect::<Result<_, _>>()?;
                }
                "--llama-bench" => options.llama_bench = Some(PathBuf::from(value()?)),
                "--wasmtime" => options.wasmtime = Some(PathBuf::from(value()?)),
                "--gpu" => {}
                "--layers" => options.layers = Some(number(word, value()?)?),
                "--no-build" => options.no_build = true,
                "--render" => options.render = Some(PathBuf::from(value()?)),
                _ => return Err(format!("no option `{word}`; {HINT}")),
            }
        }
        match options
            .parts
            .iter()
            .find(|part| !PARTS.contains(&part.as_str()))
        {
            Some(part) => Err(format!("--only {part}: there are {}", PARTS.join(", "))),
            None => Ok(options),
        }
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|name| name == part)
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

fn number(option: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(format!("{option} {text}: not a number above 0")),
    }
}

/// The command as it stands in the record: the folders of this machine are nobody's business.
pub(crate) fn shown(args: &[&str]) -> String {
    let words = args.iter().map(|word| match Path::new(word).file_name() {
        Some(name) if word.contains(std::path::MAIN_SEPARATOR) => name.display().to_string(),
        _ => (*word).to_owned(),
    });
    let words: Vec<String> = words.collect();
    format!("cargo xtask bench {}", words.join(" "))
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_numbers_are_read() {
        let options =
            Options::parse(&["--only", "native,tab", "--threads", "2", "--no-build"]).unwrap();
        assert!(options.has("tab") && !options.has("quality") && options.no_build);
        assert_eq!(options.threads, [2]);
        for wrong in [
            &["--only", "all"][..],
            &["--repeat", "0"],
            &["--repeat"],
            &["--fast", "1"],
        ] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn help_names_the_options_and_parts_that_there_are() {
        let lines = USAGE.lines().map(str::trim_start);
        let named: Vec<&str> = lines
            .filter_map(|line| line.split(' ').next().filter(|word| word.starts_with("--")))
            .collect();
        assert_eq!(named.len(), 12);
        for option in named {
            let refused = Options::parse(&[option]).err();
            let expected = (!["--no-build", "--gpu"].contains(&option))
                .then(|| format!("{option} lacks its value; {HINT}"));
            assert_eq!(refused, expected);
        }
        let unknown = Options::parse(&["--fast"]).unwrap_err();
        assert!(unknown.starts_with("no option `--fast`"), "{unknown}");
        assert!(USAGE.contains(&PARTS.join(",")));
        let defaults = Options::parse(&[]).unwrap();
        let of_gpu = Options::parse(&["--gpu"]).unwrap();
        for list in [defaults.models, defaults.types, of_gpu.models, of_gpu.types] {
            assert!(USAGE.contains(&list.join(",")), "{list:?}");
        }
    }

    #[test]
    fn the_record_names_no_folder() {
        let words = [
            "--repeat",
            "3",
            "--llama-bench",
            "/somewhere/bin/llama-bench",
        ];
        assert_eq!(
            shown(&words),
            "cargo xtask bench --repeat 3 --llama-bench llama-bench"
        );
    }
}
