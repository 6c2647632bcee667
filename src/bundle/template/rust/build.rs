//! Makes Rust of the host's interfaces. `schema/ww.request` is what the Cap'n Proto compiler hands
//! to its plugins: `capnp compile -o- system.capnp stem.capnp ipfs.capnp > schema/ww.request`. For
//! schemas of your own there is `capnpc::CompilerCommand`, which needs the `capnp` tool.

use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let request = "schema/ww.request";
    println!("cargo::rerun-if-changed={request}");
    capnpc::codegen::CodeGenerationCommand::new()
        .output_directory(std::env::var("OUT_DIR")?)
        .run(File::open(request)?)?;
    Ok(())
}
