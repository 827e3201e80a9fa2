-- Routes with waypoints, road sets, point sets and coded grid cells beside the first four shapes.
ALTER TABLE fences DROP CONSTRAINT fences_shape_check;
ALTER TABLE fences ADD CONSTRAINT fences_shape_check CHECK (shape IN (
    'polygon', 'multipolygon', 'circle', 'corridor', 'route', 'road_set', 'point_set', 'grid_cell'));
ALTER TABLE fences ADD COLUMN waypoints jsonb NOT NULL DEFAULT '[]';
