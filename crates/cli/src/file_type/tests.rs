use std::path::PathBuf;

use hearth_runtime::DType;
use hearth_runtime::gguf::Gguf;

use super::*;

fn zoo() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = std::env::var_os("HEARTH_SHARED").map_or_else(|| default.into(), PathBuf::from);
    let folder = folder.join("zoo");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: there is no reference data at {}",
        folder.display()
    );
    None
}

/// The only model in a folder.
fn model(folder: &std::path::Path) -> Gguf {
    let files = folder.read_dir().expect("a folder");
    let paths = files.map(|file| file.expect("readable").path());
    let path = paths
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "gguf"));
    let file = std::fs::File::open(path.expect("a model")).expect("readable");
    Gguf::parse(&file).expect("a model")
}

/// Every tensor of the files that llama-quantize made has the type that the rules say.
#[test]
fn rules_are_those_of_llama_quantize() {
    let Some(zoo) = zoo() else {
        return;
    };
    let mut seen = 0;
    for &file_type in FileType::value_variants() {
        for base in ["qwen3-q", "llama-spm", "lfm2", "gpt-oss", "qwen3moe"] {
            let folder = zoo.join(format!("quants/{base}.{file_type}"));
            if !folder.is_dir() {
                continue;
            }
            let gguf = model(&folder);
            let metadata = gguf.metadata();
            let architecture = metadata.get_str("general.architecture").expect("a key");
            let count = |key: &str| metadata.get_usize(&format!("{architecture}.{key}"));
            let traits = Traits {
                n_layers: count("block_count").expect("a key"),
                n_experts: count("expert_count").unwrap_or(0),
                is_llama_70b: false,
            };
            let names = gguf.tensors().iter().map(|t| t.name.as_str());
            let mix = Mix::new(file_type, traits, names);
            for tensor in gguf.tensors() {
                let dtype = mix.dtype(&tensor.name, tensor.shape.dims());
                let dtype = dtype.unwrap_or(DType::F32);
                assert_eq!(dtype, tensor.dtype, "{base} {file_type} {}", tensor.name);
            }
            assert_eq!(
                metadata.get_u32("general.file_type"),
                Ok(file_type.number())
            );
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen}");
}

#[test]
fn rows_that_are_no_whole_blocks_take_the_next_type() {
    let traits = Traits {
        n_layers: 24,
        ..Traits::default()
    };
    let names = [
        "token_embd.weight",
        "blk.0.attn_v.weight",
        "blk.1.attn_v.weight",
    ];
    let mix = |file_type| Mix::new(file_type, traits.clone(), names.into_iter());
    let dtype = |file_type, name: &str, dims: &[usize]| mix(file_type).dtype(name, dims);
    let q4_k_m = FileType::Q4_K_M;
    assert_eq!(
        dtype(q4_k_m, "blk.1.attn_q.weight", &[896, 896]),
        Some(DType::Q5_0)
    );
    assert_eq!(
        dtype(q4_k_m, "blk.0.ffn_down.weight", &[896, 4864]),
        Some(DType::Q6_K)
    );
    assert_eq!(
        dtype(q4_k_m, "blk.5.ffn_down.weight", &[896, 896]),
        Some(DType::Q8_0)
    );
    assert_eq!(
        dtype(q4_k_m, "token_embd.weight", &[1000, 896]),
        Some(DType::Q8_0)
    );
    assert_eq!(
        dtype(FileType::Q5_K_M, "blk.1.attn_q.weight", &[8, 96]),
        Some(DType::Q5_1)
    );
    assert_eq!(
        dtype(FileType::Q8_0, "blk.1.attn_q.weight", &[8, 48]),
        Some(DType::F16)
    );
    assert_eq!(dtype(FileType::Q8_0, "blk.1.attn_q.weight", &[1, 64]), None);
    assert_eq!(dtype(FileType::F16, "blk.1.attn_norm.weight", &[64]), None);
    assert_eq!(
        dtype(FileType::F16, "blk.1.attn_q.weight", &[8, 48]),
        Some(DType::F16)
    );
}
