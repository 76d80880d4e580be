//! The executors behind one asynchronous interface. The GPU's joins here; nothing above blocks on a device.

use hearth_cpu::{CpuExecutor, StepError, StepInputs};
use hearth_graph::Bindings;

/// Where a model runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Device {
    /// The CPU: SIMD kernels on a thread pool.
    Cpu(Box<CpuExecutor>),
}

impl Device {
    /// Run one step.
    pub async fn run(
        &mut self,
        inputs: &StepInputs<'_>,
        bindings: &Bindings,
    ) -> Result<(), StepError> {
        match self {
            Device::Cpu(cpu) => cpu.run(inputs, bindings),
        }
    }

    /// A result of the last step, row-major.
    pub async fn output(&mut self, name: &str) -> &[f32] {
        match self {
            Device::Cpu(cpu) => cpu.output(name),
        }
    }

    /// The CPU executor, if that is where the model runs.
    pub fn as_cpu_mut(&mut self) -> Option<&mut CpuExecutor> {
        match self {
            Device::Cpu(cpu) => Some(cpu),
        }
    }
}
