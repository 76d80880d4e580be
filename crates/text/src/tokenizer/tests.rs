//! The tokenizer's rules on small vocabularies; expected ids by hand.

use super::*;

pub(super) const PLAIN: EncodeOptions = EncodeOptions {
    add_special: false,
    parse_special: false,
};
pub(super) const SPECIAL: EncodeOptions = EncodeOptions {
    add_special: true,
    parse_special: true,
};

/// A byte-level vocabulary: the 256 bytes, `ab`, `abc`, ` a`, then the `special` tokens with their types.
fn byte_level(pre: &str, special: &[(&str, i32)]) -> Result<Tokenizer, VocabError> {
    let bytes: Vec<String> = (0..=255)
        .map(|byte| byte_level::char_of(byte).to_string())
        .collect();
    let tokens = bytes
        .iter()
        .map(String::as_str)
        .chain(["ab", "abc", "Ġa"])
        .chain(special.iter().map(|(text, _)| *text));
    let types = vec![1; 259]
        .into_iter()
        .chain(special.iter().map(|(_, token_type)| *token_type));
    Tokenizer::from_vocab(VocabSource {
        model: "gpt2".into(),
        pre: Some(pre.into()),
        tokens: tokens.map(str::as_bytes).collect(),
        token_types: types.collect(),
        merges: vec![b"a b", b"ab c", "Ġ a".as_bytes()],
        ..VocabSource::default()
    })
}

const A: u32 = b'a' as u32;

#[test]
fn merges_go_by_rank_and_whole_words_only_where_asked() {
    let tokenizer = byte_level("gpt-2", &[]).unwrap();
    assert_eq!(tokenizer.encode("abcab", PLAIN), [257, 256]);
    // `a b` outranks `Ġ a`.
    assert_eq!(tokenizer.encode(" ab", PLAIN), [0x20, 256]);
    assert_eq!(
        tokenizer.encode("\u{1F999}", PLAIN),
        [0xF0, 0x9F, 0xA6, 0x99]
    );
    assert!(tokenizer.encode("", SPECIAL).is_empty());
    assert_eq!(
        tokenizer.decode(&[258, 0xF0, 9999], DecodeOptions::default()),
        b" a\xF0"
    );
    // A word that is a token is taken as it is by llama-bpe, though no merge makes it.
    let with_word = [("Ġab", 1)];
    assert_eq!(
        byte_level("gpt-2", &with_word)
            .unwrap()
            .encode(" ab", PLAIN),
        [0x20, 256]
    );
    assert_eq!(
        byte_level("llama-bpe", &with_word)
            .unwrap()
            .encode(" ab", PLAIN),
        [259]
    );
}

#[test]
fn special_tokens_in_text_are_read_only_where_asked() {
    let special = [("<|im_end|>", 3), ("<user>", 4), ("<unk>", 2), ("<|end", 3)];
    let tokenizer = byte_level("gpt-2", &special).unwrap();
    let parsed = EncodeOptions {
        parse_special: true,
        ..PLAIN
    };
    assert_eq!(
        tokenizer.encode("a<|im_end|>a<user><unk>", parsed),
        [A, 259, A, 260, 261]
    );
    // User-defined tokens are text, and found all the same.
    assert_eq!(tokenizer.encode("<user>a", PLAIN), [260, A]);
    assert_eq!(tokenizer.encode("<unk>", PLAIN).len(), 5);
    assert_eq!(tokenizer.encode("<|im_end|>", PLAIN).len(), 10);
    assert!(tokenizer.is_control(259) && !tokenizer.is_control(260) && !tokenizer.is_control(9999));
    assert!(tokenizer.is_end_of_generation(259) && !tokenizer.is_end_of_generation(262));
    let shown = DecodeOptions {
        special: true,
        ..DecodeOptions::default()
    };
    assert_eq!(
        tokenizer.decode(&[259, 260, 261, A], shown),
        b"<|im_end|><user><unk>a"
    );
    assert_eq!(
        tokenizer.decode(&[259, 260, 261, A], DecodeOptions::default()),
        b"<user>a"
    );
    assert_eq!(tokenizer.token_id("<user>"), Some(260));
    assert_eq!(tokenizer.token_bytes(259), b"<|im_end|>");
}

#[test]
fn ends_of_generation_are_found_by_their_text() {
    // A well-known end is a control token whatever the file says.
    let tokenizer = byte_level(
        "gpt-2",
        &[("<|im_end|>", 1), ("<|fim_pad|>", 1), ("<|fim_prefix|>", 1)],
    )
    .unwrap();
    // 11 is llama.cpp's default for a file that names no end.
    assert_eq!(tokenizer.end_of_generation(), [11, 259, 260]);
    assert!(tokenizer.is_control(259) && tokenizer.is_control(261));
    assert_eq!(tokenizer.special_ids().eot, Some(259));
    // In the harmony format `<|end|>` ends a message only, and the channel tokens are shown.
    let harmony = [
        ("<|return|>", 3),
        ("<|call|>", 3),
        ("<|end|>", 3),
        ("<|channel|>", 3),
    ];
    let tokenizer = byte_level("gpt-2", &harmony).unwrap();
    assert_eq!(tokenizer.end_of_generation(), [11, 259, 260]);
    assert_eq!(
        tokenizer.decode(&[261, 262], DecodeOptions::default()),
        b"<|end|><|channel|>"
    );
}

/// A SentencePiece-style vocabulary with bytes `<0x00>`… from 3 on, then `pieces` with their scores.
fn sentence_pieces(pieces: &[(&str, f32)], change: impl FnOnce(&mut VocabSource<'_>)) -> Tokenizer {
    let bytes: Vec<String> = (0..=255).map(|byte| format!("<0x{byte:02X}>")).collect();
    let all = ["<unk>", "<s>", "</s>"]
        .into_iter()
        .chain(bytes.iter().map(String::as_str));
    let mut source = VocabSource {
        model: "llama".into(),
        tokens: all
            .chain(pieces.iter().map(|(text, _)| *text))
            .map(str::as_bytes)
            .collect(),
        scores: vec![0.0; 259]
            .into_iter()
            .chain(pieces.iter().map(|(_, score)| *score))
            .collect(),
        token_types: [2, 3, 3]
            .into_iter()
            .chain([6; 256])
            .chain(vec![1; pieces.len()])
            .collect(),
        ..VocabSource::default()
    };
    change(&mut source);
    Tokenizer::from_vocab(source).unwrap()
}

const PIECES: &[(&str, f32)] = &[
    ("▁", -1.0),
    ("a", -2.0),
    ("b", -3.0),
    ("▁a", -4.0),
    ("ab", -5.0),
    ("aa", -6.0),
    ("▁ab", -9.0),
];

#[test]
fn pieces_merge_by_score_and_the_leftmost_of_equal_ones() {
    let tokenizer = sentence_pieces(PIECES, |_| {});
    // ▁a (-4) before ab (-5); then ▁a + b is ▁ab.
    assert_eq!(tokenizer.encode("ab", PLAIN), [265]);
    assert_eq!(tokenizer.encode("aab", PLAIN), [262, 263]);
    assert_eq!(tokenizer.encode("baaa", PLAIN), [259, 261, 264, 260]);
    assert_eq!(tokenizer.encode("é", PLAIN), [259, 3 + 0xC3, 3 + 0xA9]);
    assert_eq!(tokenizer.encode("a", SPECIAL), [1, 262]);
    assert_eq!(tokenizer.encode("", SPECIAL), [1]);
    assert_eq!(
        tokenizer.decode(&[262, 3 + 0xC3, 3 + 0xA9, 262], DecodeOptions::default()),
        "aé a".as_bytes()
    );
    assert_eq!(
        tokenizer.decode(
            &[1, 262],
            DecodeOptions {
                special: true,
                ..DecodeOptions::default()
            }
        ),
        b"<s> a"
    );
}

#[test]
fn the_space_prefix_comes_after_special_tokens_too() {
    let parsed = EncodeOptions {
        parse_special: true,
        ..PLAIN
    };
    let tokenizer = sentence_pieces(PIECES, |_| {});
    assert_eq!(
        tokenizer.encode("a<s>a</s> a", parsed),
        [262, 1, 262, 2, 259, 262]
    );
    let plain = sentence_pieces(PIECES, |source| {
        (source.add_space_prefix, source.add_bos, source.add_eos) =
            (Some(false), Some(false), Some(true));
    });
    assert_eq!(plain.encode("a<s>a a", SPECIAL), [260, 1, 260, 262, 2]);
    assert_eq!(plain.decode(&[262], DecodeOptions::default()), b" a");
}

#[test]
fn phi_3_strips_white_space_after_its_special_tokens() {
    let pieces = [PIECES, &[("<|end|>", 0.0)]].concat();
    let tokenizer = sentence_pieces(&pieces, |source| {
        source.model_name = Some("Phi-3 mini".into());
        if let Some(last) = source.token_types.last_mut() {
            *last = 3;
        }
    });
    let parsed = EncodeOptions {
        parse_special: true,
        ..PLAIN
    };
    assert_eq!(tokenizer.encode("<|end|> \n a", parsed), [266, 262]);
    assert_eq!(tokenizer.encode("<s> a", parsed), [1, 259, 262]);
}

#[test]
fn broken_vocabularies_are_errors_that_name_the_fault() {
    let source = |model: &str| VocabSource {
        model: model.into(),
        tokens: vec![b"a"],
        ..VocabSource::default()
    };
    let message = |source| Tokenizer::from_vocab(source).err().unwrap().to_string();
    assert!(
        message(source("rwkv"))
            .contains("`rwkv` is not supported; supported are: llama, gpt2, gemma4")
    );
    assert!(message(source("gpt2")).contains("merges"));
    assert!(
        message(VocabSource {
            tokens: vec![],
            ..source("llama")
        })
        .contains("no tokens")
    );
    let short = VocabSource {
        tokens: vec![b"a", b"b"],
        scores: vec![0.0],
        ..source("llama")
    };
    assert!(message(short).contains("scores` has 1 entries for 2 tokens"));
    let error = byte_level("superbpe", &[]).err().unwrap().to_string();
    assert!(
        error.contains("`superbpe`") && error.contains("llama-bpe"),
        "{error}"
    );
}

#[test]
fn odd_vocabularies_are_read() {
    // An empty token, equal tokens, tokens that are not UTF-8, scores that are not numbers, ids out of range.
    let mut source = VocabSource {
        model: "llama".into(),
        tokens: vec![b"", b"a", b"a", b"\xFF", b"\xE2\x96\x81"],
        scores: vec![f32::NAN; 5],
        token_types: vec![3, 1, 1, 3, 77],
        special: SpecialIds {
            bos: Some(99),
            eos: Some(u32::MAX),
            ..SpecialIds::default()
        },
        ..VocabSource::default()
    };
    let tokenizer = Tokenizer::from_vocab(source.clone()).unwrap();
    assert_eq!(tokenizer.encode("aa", EncodeOptions::default()), [4, 2, 2]);
    assert_eq!(tokenizer.encode("[EMPTY_0]x", SPECIAL)[..2], [1, 0]);
    assert_eq!(
        tokenizer.decode(
            &[1, 3, 4],
            DecodeOptions {
                special: true,
                clean_spaces: true
            }
        ),
        b"a\xFF"
    );
    source.token_types.clear();
    source.scores.clear();
    assert!(Tokenizer::from_vocab(source).is_ok());
}

proptest::proptest! {
    #[test]
    fn any_text_survives_a_round_trip(text in "\\PC{0,30}|[ab <>|\\ns]{0,40}", pre in 0usize..3) {
        let bpe = byte_level(["gpt-2", "llama-bpe", "qwen2"][pre], &[("<user>", 4), ("<s>", 3)]).unwrap();
        let spm = sentence_pieces(PIECES, |_| {});
        for tokenizer in [bpe, spm] {
            let ids = tokenizer.encode(&text, PLAIN);
            proptest::prop_assert_eq!(&tokenizer.decode(&ids, DecodeOptions::default()), text.as_bytes());
            let mut stream = crate::StreamDecoder::new(false);
            let streamed: String = ids.iter().map(|&id| stream.push(&tokenizer, id)).collect();
            proptest::prop_assert!(streamed.ends_with(&text));
        }
    }

    #[test]
    fn any_vocabulary_and_text_end_well(
        tokens in proptest::collection::vec(proptest::collection::vec(0u8..255, 0..4), 1..40),
        types in proptest::collection::vec(-1i32..9, 40),
        merges in proptest::collection::vec("[ab ]{0,5}", 1..20),
        text in "[ab ▁é]{0,30}",
        spm: bool,
    ) {
        let source = VocabSource {
            model: if spm { "llama" } else { "gpt2" }.into(),
            tokens: tokens.iter().map(Vec::as_slice).collect(),
            token_types: types,
            merges: merges.iter().map(String::as_bytes).collect(),
            ..VocabSource::default()
        };
        let tokenizer = Tokenizer::from_vocab(source).unwrap();
        let ids = tokenizer.encode(&text, SPECIAL);
        proptest::prop_assert!(ids.iter().all(|&id| (id as usize) < tokenizer.len()));
        tokenizer.decode(&ids, DecodeOptions { special: true, clean_spaces: true });
    }
}
