//! The same values natively and in wasm: links and digests are only worth something when every machine
//! draws and encodes alike. `cargo xtask test parity` runs this file in a browser.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod digests;

use splitvote::base::Rng;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[test]
fn a_seed_draws_the_same_numbers_everywhere() {
    let mut stream = Rng::new(11).fork("A0");
    let drawn: Vec<u64> = (0..4).map(|_| stream.next_u64()).collect();
    assert_eq!(
        drawn,
        [
            6_080_294_030_802_869_869,
            11_476_990_400_348_288_476,
            4_481_614_930_198_675_614,
            13_870_361_003_680_708_895
        ]
    );
}
