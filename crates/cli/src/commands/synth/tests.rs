use std::collections::BTreeSet;

use hearth_runtime::gguf::{Gguf, ReadAt, ReadError};
use hearth_runtime::text::EncodeOptions;
use hearth_runtime::{ARCHITECTURES, LoadOptions, Loader, Pool, Vocabulary};

use super::families::Family;
use super::*;

/// A header whose tensors are all zeros.
struct Zeros {
    header: Vec<u8>,
    size: u64,
}

impl ReadAt for Zeros {
    fn size_bytes(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        into.fill(0);
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.header.len());
        let rest = &self.header[start..];
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(())
    }
}

fn file(plan: &Plan) -> Zeros {
    let writer = plan.header().expect("keys and tensors are distinct");
    let size: u64 = writer
        .tensor_sizes()
        .map(|size| size.next_multiple_of(32))
        .sum();
    let mut header = Vec::new();
    writer.begin(&mut header).expect("memory takes it");
    let size = size + header.len() as u64;
    Zeros { header, size }
}

fn is_known(architecture: &str) -> bool {
    let known = ARCHITECTURES.iter().any(|a| a.name == architecture);
    if !known {
        eprintln!("SKIPPED: this build does not know the architecture {architecture}");
    }
    known
}

/// No tensor is missing, none is left over, all have the dimensions that the architecture's description expects.
#[test]
fn every_shape_is_a_model_of_its_architecture() {
    for shape in SHAPES.iter().filter(|shape| is_known(shape.architecture)) {
        let small = Shape {
            n_vocab: 1024,
            ..shape.clone()
        };
        for file_type in [FileType::F16, FileType::Q4_K_M] {
            let file = file(&Plan::new(small.clone(), file_type));
            let options = LoadOptions {
                context: Some(16),
                ..LoadOptions::default()
            };
            let opened = Loader::open(vec![Box::new(file)], options, Pool::single());
            let loader = opened.unwrap_or_else(|e| panic!("{} {file_type}: {e}", shape.name));
            let info = loader.info();
            assert_eq!(info.n_layers, shape.n_layers);
            assert_eq!(info.n_vocab, 1024);
        }
    }
}

/// In millions, as the models' authors state them.
#[test]
fn shapes_have_the_parameters_of_the_published_models() {
    let published = [
        ("qwen3-0.6b", 596.0),
        ("qwen3-1.7b", 1720.6),
        ("qwen3-4b", 4022.5),
        ("qwen3-8b", 8190.7),
        ("qwen3-32b", 32762.1),
        ("qwen3-30b-a3b", 30532.1),
        ("qwen2.5-0.5b", 494.0),
        ("qwen2.5-1.5b", 1543.7),
        ("qwen2.5-7b", 7615.6),
        ("tinyllama-1.1b", 1100.0),
        ("llama-3.2-1b", 1235.8),
        ("llama-3.2-3b", 3212.7),
        ("llama-3-8b", 8030.3),
        ("gemma-3-270m", 268.1),
        ("gemma-3-1b", 999.9),
        ("lfm2-350m", 354.5),
        ("lfm2-700m", 742.5),
        ("lfm2-1.2b", 1170.3),
        ("smollm2-135m", 134.5),
        ("smollm2-360m", 361.8),
        ("smollm3-3b", 3075.1),
        ("phi-3.5-mini", 3821.1),
        ("granite-3.3-2b", 2533.5),
        ("gpt-oss-20b", 20914.8),
        ("minilm-l6", 22.6),
        ("embeddinggemma-300m", 307.6),
    ];
    for (name, millions) in published {
        let shape = SHAPES
            .iter()
            .find(|shape| shape.name == name)
            .expect("known");
        let tensors = tensors::tensors(shape);
        let elems = tensors
            .iter()
            .map(|t| t.dims.iter().product::<usize>() as f64);
        let made = elems.sum::<f64>() / 1e6;
        assert!((made / millions - 1.0).abs() < 3e-3, "{name}: {made}");
    }
}

#[test]
fn texts_survive_every_vocabulary() {
    let text = "The ants ate 3 hens, então 🔥\n\tand more of the stations!";
    let mut seen = Vec::new();
    for shape in SHAPES.iter().filter(|shape| is_known(shape.architecture)) {
        if seen.contains(&shape.family) {
            continue;
        }
        seen.push(shape.family);
        let cut = Shape {
            n_layers: 1,
            ..shape.clone()
        };
        let gguf = Gguf::parse(&file(&Plan::new(cut, FileType::F16))).expect("a model");
        let vocabulary = match Vocabulary::read(&gguf) {
            Ok(vocabulary) => vocabulary,
            Err(error) => {
                eprintln!("SKIPPED: {}: {error}", shape.name);
                continue;
            }
        };
        let tokenizer = vocabulary.tokenizer();
        assert_eq!(tokenizer.len(), shape.n_vocab, "{}", shape.name);
        let options = EncodeOptions {
            add_special: false,
            parse_special: true,
        };
        let ids = tokenizer.encode(text, options);
        assert!(ids.len() < text.len() * 3 / 4, "{}: {ids:?}", shape.name);
        if shape.family == Family::Bert {
            // WordPiece keeps neither spaces nor capitals, and these words no accents.
            let plain = tokenizer.encode("the ants ate 3 hens", options);
            let unknown = tokenizer.special_ids().unk;
            assert!(!plain.is_empty() && plain.iter().all(|&id| Some(id) != unknown));
            continue;
        }
        let back = tokenizer.decode(&ids, Default::default());
        assert_eq!(String::from_utf8_lossy(&back), text, "{}", shape.name);
        let special = vocabulary.token_text(tokenizer.eos());
        assert_eq!(tokenizer.encode(&special, options).len(), 1, "{special}");
        assert!(
            tokenizer
                .eos()
                .is_some_and(|id| tokenizer.is_end_of_generation(id))
        );
    }
}

/// Tensors of a block and outside of them, each with the number of its dimensions.
fn kinds<'a>(tensors: impl Iterator<Item = (&'a str, usize)>) -> BTreeSet<(String, usize)> {
    let kind = |(name, dims): (&str, usize)| {
        let of_block = name.strip_prefix("blk.").and_then(|n| n.split_once('.'));
        (of_block.map_or(name, |(_, kind)| kind).to_owned(), dims)
    };
    let tied = |(name, _): &(String, usize)| name != "output.weight";
    tensors.map(kind).filter(tied).collect()
}

/// Keys without which a reader takes what these shapes have.
const DERIVED: &[&str] = &[
    "attention.key_length",
    "attention.value_length",
    "attention.recurrent_layers",
    "attention.sliding_window",
];

/// The names of tensors and keys are those of files that llama.cpp's converter made.
#[test]
fn tensors_are_those_of_converted_models() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var_os("HEARTH_SHARED").map_or_else(|| default.into(), PathBuf::from);
    let pairs = [
        ("llama-3.2-1b", "llama3-ropefreqs"),
        ("tinyllama-1.1b", "llama-spm"),
        ("qwen3-0.6b", "qwen3"),
        ("qwen3-30b-a3b", "qwen3moe"),
        ("qwen2.5-0.5b", "qwen2"),
        ("qwen3.5-4b", "qwen35"),
        ("gemma-3-1b", "gemma3"),
        ("lfm2-350m", "lfm2"),
        ("phi-3.5-mini", "phi3-longrope"),
        ("gpt-oss-20b", "gpt-oss"),
        ("minilm-l6", "bert"),
    ];
    for (name, zoo) in pairs {
        let folder = shared.join("zoo/models").join(zoo);
        let Ok(files) = folder.read_dir() else {
            eprintln!(
                "SKIPPED: there is no reference data at {}",
                folder.display()
            );
            return;
        };
        let mut paths = files.map(|file| file.expect("readable").path());
        let path = paths.find(|p| p.extension().is_some_and(|e| e == "gguf"));
        let file = std::fs::File::open(path.expect("a model")).expect("readable");
        let gguf = Gguf::parse(&file).expect("a model");
        let theirs = gguf.tensors().iter();
        let theirs = kinds(theirs.map(|t| (t.name.as_str(), t.shape.dims().len())));
        let shape = SHAPES
            .iter()
            .find(|shape| shape.name == name)
            .expect("known");
        let ours = tensors::tensors(shape);
        let ours = kinds(ours.iter().map(|t| (t.name.as_str(), t.dims.len())));
        assert_eq!(ours, theirs, "{name}");
        let keys = |gguf: &Gguf| -> BTreeSet<String> {
            let keys = gguf.metadata().iter().map(|(key, _)| key.to_owned());
            keys.filter(|key| key.starts_with(shape.architecture))
                .collect()
        };
        let small = Shape {
            n_vocab: 1024,
            ..shape.clone()
        };
        let made = Gguf::parse(&file_of(&small)).expect("a model");
        for key in keys(&gguf).difference(&keys(&made)) {
            assert!(DERIVED.iter().any(|d| key.ends_with(d)), "{name}: {key}");
        }
    }
}

fn file_of(shape: &Shape) -> Zeros {
    file(&Plan::new(shape.clone(), FileType::F16))
}
