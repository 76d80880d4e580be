//! A GPU in software for the tests, where there is no other: Mesa's lavapipe, on Linux.

use std::path::Path;

/// Where drivers say that they are there.
const DRIVERS: [&str; 2] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// Installs lavapipe where Vulkan finds no driver at all. Without one the tests of the GPU are skipped, and say so.
pub(crate) fn find_or_install() {
    if cfg!(not(target_os = "linux")) || has_driver() {
        return;
    }
    if let Err(why) = super::apt_install(&["libvulkan1", "mesa-vulkan-drivers"]) {
        println!(
            "there is no Vulkan driver here, and none could be installed ({why}): tests of the GPU are skipped. By hand:\n  \
             sudo apt-get install --no-install-recommends libvulkan1 mesa-vulkan-drivers"
        );
    }
}

fn has_driver() -> bool {
    let is_there = |folder: &str| {
        Path::new(folder)
            .read_dir()
            .is_ok_and(|mut files| files.next().is_some())
    };
    DRIVERS.into_iter().any(is_there)
}
