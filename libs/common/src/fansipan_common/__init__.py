"""What the services of Fansipan share: contracts and adapters. Import from the submodules."""
