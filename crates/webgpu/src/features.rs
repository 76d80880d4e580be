//! What a device has beyond the least that WebGPU promises, and how a shader says that it uses it.

use hearth_kernels::gpu::Arithmetic;

/// What shaders may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Half-precision numbers.
    pub f16: bool,
    /// Neighbours in a workgroup that work in step at least, where they can add up among themselves.
    pub in_step: Option<usize>,
    /// Products of four bytes at once.
    pub packed_dot: bool,
}

impl Features {
    /// Those of a device that was just opened.
    pub(crate) async fn of(
        device: &wgpu::Device,
        instance: &wgpu::Instance,
        adapter: &wgpu::AdapterInfo,
    ) -> Self {
        let language = instance.wgsl_language_features();
        let f16 = device.features().contains(wgpu::Features::SHADER_F16);
        let least = usize::try_from(adapter.subgroup_min_size).unwrap_or(0);
        let in_step = (least > 1 && least.is_power_of_two()).then_some(least);
        Features {
            f16,
            in_step: match in_step {
                Some(least) if has_subgroups(device).await => Some(least),
                _ => None,
            },
            // Natively naga writes it out where the hardware has none.
            packed_dot: cfg!(not(target_family = "wasm"))
                || language.contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct),
        }
    }

    /// Whether products can be computed in it.
    pub fn has(&self, arithmetic: Arithmetic) -> bool {
        match arithmetic {
            Arithmetic::F32 => true,
            Arithmetic::F16 => self.f16,
            Arithmetic::PackedDot => self.packed_dot,
        }
    }

    /// What stands at the head of every shader.
    pub(crate) fn header(&self) -> String {
        let mut header = String::new();
        if self.f16 {
            header.push_str("enable f16;\n");
        }
        // Native wgpu knows these without being told, and refuses to be.
        if self.in_step.is_some() && cfg!(target_family = "wasm") {
            header.push_str("enable subgroups;\n");
        }
        header
    }
}

/// Natively the device says so. In a browser wgpu neither asks for subgroups nor reports them, and whoever opens the device may have
/// asked for them behind its back (`packages/sdk/src/gpu.ts`): a shader that needs them tells.
async fn has_subgroups(device: &wgpu::Device) -> bool {
    if cfg!(not(target_family = "wasm")) {
        return device.features().contains(wgpu::Features::SUBGROUP);
    }
    const PROBE: &str = "enable subgroups;\n\
        @compute @workgroup_size(1) fn main() { _ = subgroupAdd(1u); }";
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let _ = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("subgroups"),
        source: wgpu::ShaderSource::Wgsl(PROBE.into()),
    });
    scope.pop().await.is_none()
}
