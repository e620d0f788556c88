"""What users hold: filters, inputs, results, configuration. Plain values, which know no other layer but the errors."""
