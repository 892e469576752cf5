"""A learned detector beside the rules: TransNetV2's weights as an int8 ONNX file, run on frames that are scored anyway.

`make models` builds the file; where it or onnxruntime is missing, the rules decide alone. It judges frames and never
chooses cuts.
"""
