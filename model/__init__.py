"""The records that flow through Xunji; units and signal names are declared here, once."""
