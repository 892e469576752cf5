"""Images to vectors with onnxruntime. A model is an ONNX file and the manifest that describes it."""
