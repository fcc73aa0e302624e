"""entitle: rules for selling virtual goods."""
